/**
 * Reads messages from text, see protocol.ts. There is one reader for each direction, and every message passes it, so that no
 * other code sees an unchecked value.
 */
import { isErrorCode } from "../../core/errors.ts";
import { breachOfShape } from "../../core/json-shape.ts";
import { isLogLevel, type LogLevel } from "../../core/result.ts";
import { readOutcome, readRecord, readSavedVm } from "./check-messages.ts";
import { readEngine, readKeep, readLimits, readTimeZone } from "./check-requests.ts";
import {
  optional,
  ProtocolError,
  readFlag,
  readInteger,
  readJson,
  readList,
  readOptionalText,
  readSize,
  readText,
} from "./fields.ts";
import { START_CHARACTERS } from "./channel.ts";
import { cutText, largestHead, MAX_NAME, MAX_TEXT, typeOf } from "./message-caps.ts";
import { readNames } from "./name-lines.ts";
import type { ToHost, ToWorker } from "./protocol.ts";

/** For each type of message: makes the message from its fields, its body, and the bytes that came with it. */
type Readers<Message extends { readonly type: string }> = {
  readonly [Type in Message["type"]]: (
    fields: readonly unknown[],
    body: string,
    bytes: Uint8Array | undefined,
  ) => Extract<Message, { readonly type: Type }>;
};

const TO_WORKER: Readers<ToWorker> = {
  engine: ([, engine]) => ({ type: "engine", engine: readEngine(engine) }),
  names: (_, body) => ({ type: "names", names: readNames(body) }),
  run: ([, limits, timeZone], source) => ({
    type: "run",
    limits: readLimits(limits),
    ...readTimeZone(timeZone),
    source,
  }),
  runKept: ([, limits, resume, timeZone], source) => ({
    type: "runKept",
    limits: readLimits(limits),
    resume: readFlag(resume, "resume"),
    ...readTimeZone(timeZone),
    source,
  }),
  open: ([, limits, keep], texts, image) => ({
    type: "open",
    limits: readLimits(limits),
    keep: readKeep(keep, texts, image),
  }),
  save: () => ({ type: "save" }),
  end: () => ({ type: "end" }),
  abort: () => ({ type: "abort" }),
  answer: ([, call], answer) => ({ type: "answer", call: readInteger(call, "call"), answer }),
};

const TO_HOST: Readers<ToHost> = {
  ready: () => ({ type: "ready" }),
  unavailable: ([, message, hint]) => ({ type: "unavailable", ...readWords(message, hint) }),
  opened: () => ({ type: "opened" }),
  saved: ([, vm], texts, image) => ({ type: "saved", vm: readSavedVm(vm, texts, image) }),
  refused: ([, code, message, hint]) => ({
    type: "refused",
    error: { code: isErrorCode(code) ? code : "internal", ...readWords(message, hint) },
  }),
  call: ([, call, server, tool, id, again], args) => ({
    type: "call",
    call: readInteger(call, "call"),
    server: readText(server, "server", MAX_NAME),
    tool: readText(tool, "tool", MAX_NAME),
    id: id === undefined ? 0 : readInteger(id, "id"),
    again: readFlag(again, "again"),
    args,
  }),
  called: ([, record]) => ({ type: "called", record: readRecord(record) }),
  log: ([, level], text) => ({ type: "log", level: readLevel(level), text }),
  dropped: ([, bytes]) => ({
    type: "dropped",
    bytes: readSize(bytes, "dropped", Number.MAX_SAFE_INTEGER),
  }),
  idle: () => ({ type: "idle" }),
  busy: () => ({ type: "busy" }),
  outcome: ([, outcome, hasValue], value) => ({
    type: "outcome",
    outcome: readOutcome(outcome, readFlag(hasValue, "hasValue") ? value : undefined),
  }),
};

/** Reads a message to a worker: its text, and what came with it. @throws ProtocolError */
export function readToWorker(text: string, bytes?: Uint8Array): ToWorker {
  return read(TO_WORKER, text, bytes);
}

/** Reads a message to a host: its text, and what came with it. @throws ProtocolError */
export function readToHost(text: string, bytes?: Uint8Array): ToHost {
  return read(TO_HOST, text, bytes);
}

function read<Message extends { readonly type: string }>(
  readers: Readers<Message>,
  text: string,
  bytes: Uint8Array | undefined,
): Message {
  const end = text.indexOf("\n");
  if (end < 0) throw new ProtocolError("it sent what is no message");
  const most = largestHead(typeOf(text.slice(0, START_CHARACTERS)));
  if (end > most) throw new ProtocolError(`it sent a message with a head of ${end} characters`);
  const head = readHead(text.slice(0, end), most);
  const fields = readList(head, "its head", MAX_FIELDS);
  const type = fields[0];
  if (typeof type !== "string" || !Object.hasOwn(readers, type))
    throw new ProtocolError("it sent a message of an unknown type");
  if (bytes !== undefined && !WITH_BYTES.has(type))
    throw new ProtocolError(`it sent bytes with a message '${type}', which has none`);
  return readers[type as Message["type"]](fields, text.slice(end + 1), bytes);
}

/** Types of messages that bytes may come with. */
const WITH_BYTES: ReadonlySet<string> = new Set<(ToHost | ToWorker)["type"]>(["open", "saved"]);
/** More fields than any message has. */
const MAX_FIELDS = 10;
/** Parts and levels of a head: more than the names of a program, and than the timers and calls of a saved VM. */
const HEAD_SHAPE = { parts: 65_000, depth: 8 };

/** @param most its cap in characters; without one, its sender is trusted */
function readHead(text: string, most: number): unknown {
  if (most < Infinity && breachOfShape(text, HEAD_SHAPE) !== undefined)
    throw new ProtocolError("it sent a malformed message: its head has too many parts or levels");
  return readJson(text, "its head");
}

function readWords(message: unknown, hint: unknown): { message: string; hint?: string } {
  const said = readOptionalText(hint, "hint");
  return {
    message: cutText(readText(message, "message"), MAX_TEXT),
    ...optional("hint", said === undefined ? undefined : cutText(said, MAX_TEXT)),
  };
}

/** An unknown level becomes `log`. */
function readLevel(value: unknown): LogLevel {
  const level = readText(value, "level");
  return isLogLevel(level) ? level : "log";
}
