import type { Intake } from "./intake.ts";
import { JsonScan } from "./json-scan.ts";
import { endsOf, LineSplitter } from "./lines.ts";
import { errorAnswer, findId, isQuestion, refusedMessage, tooLargeMessage } from "./message.ts";

type Id = string | number | undefined;

const NEWLINE = Buffer.from("\n");
const RETURN = 0x0d;
/** A stream may begin with it. */
const BYTE_ORDER_MARK = Buffer.from("\ufeff");
/** Shortest time until a stream is asked for again, in ms, whatever the server asks for. */
const MIN_RETRY_MS = 100;
/** Lines of an event besides its data: id, event, retry. */
const MAX_FIELDS = 100;
/** Most lines of an event, each of which takes a hundred bytes in memory besides its own. */
const MAX_LINES = 50_000;

/** One event of a stream. */
export interface EventPart {
  /** Its lines that are no data and do not name it, each with its newline. */
  readonly fields: readonly Buffer[];
  /** Its data as it came; nothing where it has no line of it. */
  readonly data: Buffer | undefined;
  /** Its name, where it has one. */
  readonly name: string;
  /** Where it can be resumed, if it says so. */
  readonly id: string | undefined;
  /** The request for a list that it answers: its data is parsed in turns. */
  readonly list: number | undefined;
}

/** Cuts a stream of server-sent events into events, each as bytes, or as nothing where it is not let in. */
export interface EventSplitter {
  push(chunk: Uint8Array): (EventPart | undefined)[];
  /** What is left when the stream has ended. */
  end(): EventPart[];
}

/** @param request the id of the request that the stream answers */
export function eventSplitter(intake: Intake, request: Id): EventSplitter {
  return new Splitter(intake, request);
}

class Splitter implements EventSplitter {
  readonly #intake: Intake;
  readonly #request: Id;
  readonly #lines: LineSplitter;
  #event: Buffer[] = [];
  #size = 0;
  #fields = 0;
  #isFirst = true;
  #ready: (EventPart | undefined)[] = [];

  constructor(intake: Intake, request: Id) {
    this.#intake = intake;
    this.#request = request;
    this.#lines = new LineSplitter(intake.maxBytes, {
      onLine: (line) => this.#onLine(line),
      onBlank: () => this.#finish(),
      onOversize: (head, tail) => this.#onOversize(head, tail),
    });
  }

  push(chunk: Uint8Array): (EventPart | undefined)[] {
    this.#lines.push(Buffer.from(chunk));
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  end(): EventPart[] {
    this.#lines.end();
    // Some servers leave out the empty line after the last event.
    if (this.#size > 0) this.#finish();
    return this.#ready.filter((event) => event !== undefined);
  }

  /** Lines may end with a carriage return alone. */
  #onLine(given: Buffer): void {
    const isMarked = this.#isFirst && given.indexOf(BYTE_ORDER_MARK) === 0;
    this.#isFirst = false;
    const line = isMarked ? given.subarray(BYTE_ORDER_MARK.length) : given;
    const whole = line.at(-1) === RETURN ? line.subarray(0, -1) : line;
    let from = 0;
    for (let at = whole.indexOf(RETURN); at >= 0; at = whole.indexOf(RETURN, from)) {
      this.#add(whole.subarray(from, at));
      from = at + 1;
    }
    this.#add(whole.subarray(from));
  }

  #add(line: Buffer): void {
    if (line.length === 0) return this.#finish();
    const name = line.toString("latin1", 0, 6);
    // A comment keeps the connection alive, and says nothing.
    if (name.startsWith(":")) return void this.#intake.judge(line.length, "", "");
    this.#size += line.length + 1;
    if (name === "retry:" && !(Number(line.subarray(6)) >= MIN_RETRY_MS)) return;
    if (!name.startsWith("data:") && ++this.#fields > MAX_FIELDS) return;
    if (this.#size > this.#intake.maxBytes) throw new Error(tooLargeMessage(this.#intake.maxBytes));
    if (this.#event.push(line, NEWLINE) > 2 * MAX_LINES)
      throw new Error(`an event has more than ${MAX_LINES} lines`);
  }

  #finish(): void {
    const lines = this.#event;
    const size = this.#size;
    this.#event = [];
    this.#size = 0;
    this.#fields = 0;
    this.#ready.push(this.#judge(lines, size));
  }

  #judge(lines: readonly Buffer[], size: number): EventPart | undefined {
    const data = lines.filter(isData);
    const [head] = endsOf(data[0]?.subarray(5) ?? NEWLINE);
    const [, tail] = endsOf(data.at(-1)?.subarray(5) ?? NEWLINE);
    const verdict = this.#intake.judge(size, head, tail);
    if (verdict.kind === "drop") return undefined;
    if (verdict.kind === "too_large") return refusal(verdict.id, tooLargeMessage(verdict.maxBytes));
    if (verdict.list !== undefined) return eventOf(lines, data, verdict.list);
    const scan = new JsonScan(verdict.maxParts);
    for (const line of data) {
      const problem = scan.push(line.subarray(5));
      if (problem === undefined) continue;
      const id = findId(head, tail) ?? this.#answeredBy(head);
      return id === undefined ? undefined : refusal(id, refusedMessage(problem));
    }
    return size === 0 ? undefined : eventOf(lines, data);
  }

  /** The request that a message without a number answers. */
  #answeredBy(head: string): Id {
    return isQuestion(head) ? undefined : this.#request;
  }

  #onOversize(head: string, tail: string): void {
    const text = head.replace(/^data:/, "");
    const verdict = this.#intake.judge(Infinity, text, tail);
    const id = verdict.kind === "too_large" ? verdict.id : this.#answeredBy(text);
    if (id !== undefined) this.#ready.push(refusal(id, tooLargeMessage(this.#intake.maxBytes)));
  }
}

function isData(line: Buffer): boolean {
  return line.toString("latin1", 0, 5) === "data:";
}

function eventOf(lines: readonly Buffer[], data: readonly Buffer[], list?: number): EventPart {
  const texts = data.map((line) => line.subarray(5));
  return {
    fields: lines.flatMap((line) =>
      isData(line) || isNamed(line, "event:") || line === NEWLINE ? [] : [line, NEWLINE],
    ),
    data: texts.length > 1 ? Buffer.concat(texts.flatMap((text) => [text, NEWLINE])) : texts[0],
    name: fieldOf(lines, "event:") ?? "",
    id: fieldOf(lines, "id:"),
    list,
  };
}

/** A line that is the name of a field alone has its empty value. */
function isNamed(line: Buffer, field: string): boolean {
  const start = line.toString("latin1", 0, field.length);
  return start === field || (line.length === field.length - 1 && `${start}:` === field);
}

/** The last value of a field. */
function fieldOf(lines: readonly Buffer[], field: string): string | undefined {
  const line = lines.findLast((each) => isNamed(each, field));
  return line?.toString("utf8", field.length).replace(/^ /, "");
}

/** An event with an error response made here. */
export function refusal(id: string | number, why: string): EventPart {
  const data = Buffer.from(` ${JSON.stringify(errorAnswer(id, why))}`);
  const line = Buffer.concat([Buffer.from("data:"), data]);
  return eventOf([line, NEWLINE], [line]);
}
