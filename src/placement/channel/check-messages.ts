/** Reports of a worker, checked and rebuilt field by field, because the worker may be compromised. */
import { type Failure, isErrorCode } from "../../core/errors.ts";
import { isIdentifier } from "../../core/identifier.ts";
import type { CallRecord } from "../../core/result.ts";
import type { EngineUsage, Outcome, SavedCall, SavedVm } from "../../engine/engine.ts";
import {
  optional,
  ProtocolError,
  readFields,
  readFlag,
  readInteger,
  readList,
  readMeasure,
  readOptionalText,
  readSize,
  readText,
} from "./fields.ts";
import { MAX_DECLARED, MAX_GIVEN_UP, MAX_NAME } from "./message-caps.ts";
import { cutDeclared, cutFailure, cutRecord } from "./write-message.ts";

/** Longest duration of a run, see `limits.wallMs`. */
const MAX_MS = 86_400_000;
/** More memory than any VM can have. */
const MAX_BYTES = 2 ** 36;
/** More lines or columns than any source can have. */
const MAX_POSITION = 2 ** 25;

/** How a run ended. @param value its value, if there is one */
export function readOutcome(sent: unknown, value: string | undefined): Outcome {
  const { ok, error, usage, clean, declares, givenUp, cutBytes } = readFields(sent, "outcome");
  const facts = {
    usage: readUsage(usage ?? {}),
    clean: readFlag(clean, "outcome.clean"),
    ...(declares === undefined ? {} : { declares: readDeclared(declares) }),
    ...(givenUp === undefined ? {} : { givenUp: readCallIds(givenUp) }),
  };
  if (!readFlag(ok, "outcome.ok")) return { ok: false, error: readFailure(error), ...facts };
  if (value === undefined) return { ok: true, ...facts };
  const cut = cutBytes === undefined ? undefined : readSize(cutBytes, "cutBytes", MAX_BYTES);
  return { ok: true, value, ...optional("cutBytes", cut), ...facts };
}

function readUsage(sent: unknown): EngineUsage {
  const { cpuMs, peakBytes, compileMs } = readFields(sent, "usage");
  return {
    cpuMs: readMeasure(cpuMs, "usage.cpuMs", MAX_MS),
    peakBytes: readSize(peakBytes, "usage.peakBytes", MAX_BYTES),
    compileMs: readMeasure(compileMs, "usage.compileMs", MAX_MS),
  };
}

function readDeclared(sent: unknown): string[] {
  const names = readList(sent, "declares", MAX_DECLARED);
  return cutDeclared(names.map((name) => readText(name, "a name of declares"))).filter((name) =>
    isIdentifier(name),
  );
}

function readCallIds(sent: unknown): number[] {
  const ids = readList(sent, "givenUp", MAX_GIVEN_UP);
  return ids.map((id) => readInteger(id, "an id of givenUp"));
}

/** The frame of a failure is not read: it is made here, from this side's source. */
function readFailure(sent: unknown): Failure {
  const { code, name, message, line, column, hint, tool } = readFields(sent, "error");
  return cutFailure({
    code: isErrorCode(code) ? code : "internal",
    name: readText(name, "error.name"),
    message: readText(message, "error.message"),
    ...optional("line", readPosition(line, "error.line")),
    ...optional("column", readPosition(column, "error.column")),
    ...optional("hint", readOptionalText(hint, "error.hint")),
    ...optional("tool", readOptionalText(tool, "error.tool")),
  });
}

function readPosition(sent: unknown, what: string): number | undefined {
  const position = readMeasure(sent, what, MAX_POSITION);
  return position > 0 && Number.isInteger(position) ? position : undefined;
}

/** A tool call that was carried out where the worker is. */
export function readRecord(sent: unknown): CallRecord {
  const { tool, ok, ms, bytes, error } = readFields(sent, "record");
  return cutRecord({
    tool: readText(tool, "record.tool"),
    ok: readFlag(ok, "record.ok"),
    ms: readMeasure(ms, "record.ms", MAX_MS),
    bytes: readSize(bytes, "record.bytes", MAX_BYTES),
    ...optional("error", readOptionalText(error, "record.error")),
  });
}

/** Largest number each of timers, calls and answers of a VM. */
const MAX_WAITING = 100_000;
const MAX_TIMER_MS = Number.MAX_SAFE_INTEGER;

/** Makes the text of a call or an answer from what stands for it. */
type ReadText = (sent: unknown) => string;

const NOTHING = new Uint8Array();

/**
 * A VM that was saved.
 * @param body the texts of its calls and answers; the head has their lengths
 */
export function readSavedVm(sent: unknown, body: string, image: Uint8Array = NOTHING): SavedVm {
  const texts = new Texts(body);
  const facts = readSavedFacts(sent, (length) => texts.next(length));
  return { ...facts, image };
}

/** What a saved VM has besides its image. */
export function readSavedFacts(sent: unknown, textOf: ReadText): Omit<SavedVm, "image"> {
  const { engine, runs, running, drawn, timers, calls, answers } = readFields(sent, "vm");
  return {
    engine: readText(engine, "vm.engine", MAX_NAME),
    runs: readInteger(runs, "vm.runs"),
    running: readFlag(running, "vm.running"),
    drawn: readInteger(drawn, "vm.drawn"),
    timers: readPairs(timers, "vm.timers", (ms) => readMeasure(ms, "a timer's time", MAX_TIMER_MS)),
    calls: readList(calls, "vm.calls", MAX_WAITING).map((call) => readSavedCall(call, textOf)),
    answers: readPairs(answers, "vm.answers", textOf),
  };
}

/** Texts that stand one after the other in a body. */
class Texts {
  readonly #body: string;
  #at = 0;

  constructor(body: string) {
    this.#body = body;
  }

  next(length: unknown): string {
    const end = this.#at + readInteger(length, "the length of a text");
    if (end > this.#body.length)
      throw new ProtocolError("it sent a malformed message: a text is longer than its body");
    const text = this.#body.slice(this.#at, end);
    this.#at = end;
    return text;
  }
}

function readPairs<Value>(
  sent: unknown,
  what: string,
  read: (value: unknown) => Value,
): (readonly [id: number, value: Value])[] {
  return readList(sent, what, MAX_WAITING).map((pair) => {
    const [id, value] = readList(pair, `an item of ${what}`, 2);
    return [readInteger(id, `an id of ${what}`), read(value)];
  });
}

function readSavedCall(sent: unknown, textOf: ReadText): SavedCall {
  const { id, kind, server, tool, args } = readFields(sent, "a saved call");
  if (kind !== "call" && kind !== "digest")
    throw new ProtocolError("it sent a malformed message: a saved call of no kind");
  return {
    id: readInteger(id, "a saved call's id"),
    kind,
    server: readText(server, "a saved call's server", MAX_NAME),
    tool: readText(tool, "a saved call's tool", MAX_NAME),
    args: textOf(args),
  };
}
