import { truncateJsonChars } from "../core/truncate.ts";
import { cutText } from "../core/utf8.ts";
import type { CallRecord, ExecutionResult, LogEntry } from "../index.ts";

/** Calls that are listed; `usage.toolCalls` counts all. */
const MAX_CALLS = 50;
/** Characters of one name in an error. */
const MAX_NAME = 200;
/** Characters of one text of a call. */
const MAX_WORDS = 500;
/** The least that a value may need to be there at all: a mark that says it was cut. */
const LEAST_VALUE = 400;

/** Counts the characters of an answer as JSON. */
class Room {
  #left: number;

  constructor(characters: number) {
    this.#left = characters;
  }

  get left(): number {
    return Math.max(0, this.#left);
  }

  /** Spends what `part` takes. Returns false where there is no room for it. */
  takes(part: unknown): boolean {
    const size = JSON.stringify(part).length + 1;
    if (size > this.#left) return false;
    this.#left -= size;
    return true;
  }

  /** As much of `text` as takes at most `most`, and no more than there is. A character can take six as JSON. */
  text(text: string, most: number): string {
    const room = Math.min(most, this.left);
    let cut = cutText(text, Math.max(1, room - 2));
    while (cut.length > 1 && JSON.stringify(cut).length > room) cut = cutText(cut, cut.length >> 1);
    this.takes(cut);
    return cut;
  }

  /** The start of a list that there is room for. */
  some<Part>(list: readonly Part[]): Part[] {
    const end = list.findIndex((part) => !this.takes(part));
    return list.slice(0, end < 0 ? list.length : end);
  }
}

/**
 * A result as structured content of at most `characters` of JSON, and the facts that every result has (about a thousand). The
 * room is spent in the order: error, value, logs, calls.
 */
export function structuredAnswer(
  result: ExecutionResult,
  characters: number,
): Readonly<Record<string, unknown>> {
  const room = new Room(characters);
  const { logs, calls, ...facts } = result;
  const verdict = facts.ok ? withValue(facts, room) : withError(facts, room);
  return {
    ...verdict,
    logs: room.some<LogEntry>(logs),
    calls: room.some<CallRecord>(calls.slice(0, MAX_CALLS).map(shortened)),
  };
}

type Facts<Ok> = Omit<ExecutionResult & { readonly ok: Ok }, "logs" | "calls">;

function withValue(facts: Facts<true>, room: Room): Facts<true> {
  if (facts.value === undefined || room.takes(facts.value)) return facts;
  const most = Math.max(LEAST_VALUE, room.left - 1);
  const { value, cutBytes } = truncateJsonChars(facts.value, most);
  room.takes(value);
  const cut = (facts.truncated?.value ?? 0) + cutBytes;
  return { ...facts, value, truncated: { ...facts.truncated, value: cut } };
}

function withError(facts: Facts<false>, room: Room): Facts<false> {
  const { message, name, hint, frame, tool, ...rest } = facts.error;
  const error = {
    ...rest,
    name: room.text(name, MAX_NAME),
    message: room.text(message, Math.floor(room.left / 2)),
    ...(tool === undefined ? {} : { tool: room.text(tool, MAX_NAME) }),
    ...(hint === undefined ? {} : { hint: room.text(hint, Math.floor(room.left / 2)) }),
    ...(frame === undefined ? {} : { frame: room.text(frame, Math.floor(room.left / 2)) }),
  };
  return { ...facts, error };
}

function shortened(call: CallRecord): CallRecord {
  const { tool, error } = call;
  return {
    ...call,
    tool: cutText(tool, MAX_WORDS),
    ...(error === undefined ? {} : { error: cutText(error, MAX_WORDS) }),
  };
}
