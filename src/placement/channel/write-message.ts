/** Writes messages as text, see protocol.ts. */
import type { Failure } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { CallRecord } from "../../core/result.ts";
import type { KeepOptions, Outcome, SavedVm } from "../../engine/engine.ts";
import { cutText, MAX_DECLARED, MAX_DECLARED_NAME, MAX_NAME, MAX_TEXT } from "./message-caps.ts";
import type { ToHost, ToWorker } from "./protocol.ts";

/** The text of a message to a worker. */
export function writeToWorker(message: ToWorker): string {
  switch (message.type) {
    case "answer":
      return `["answer",${message.call}]\n${message.answer}`;
    case "engine":
      return write([message.type, message.engine]);
    case "names":
      return write([message.type], JSON.stringify(message.names));
    case "run":
      return write([message.type, message.limits], message.source);
    case "runKept":
      return write([message.type, message.limits, message.resume], message.source);
    case "open":
      return writeOpen(message.limits, message.keep);
    case "save":
    case "end":
    case "abort":
      return write([message.type]);
  }
}

/** The text of a message to a host. Texts that programs or tools supplied are cut to what the host accepts. */
export function writeToHost(message: ToHost): string {
  switch (message.type) {
    case "call":
      return writeCall(message);
    case "log":
      return `["log","${message.level}"]\n${message.text}`;
    case "outcome":
      return writeOutcome(message.outcome);
    case "dropped":
      return write([message.type, message.bytes]);
    case "called":
      return write([message.type, cutRecord(message.record)]);
    case "saved":
      return writeSaved(message.vm);
    case "refused":
      return write([message.type, message.error.code, ...cutWords(message.error)]);
    case "unavailable":
      return write([message.type, ...cutWords(message)]);
    case "ready":
    case "opened":
    case "idle":
    case "busy":
      return write([message.type]);
  }
}

function write(head: readonly unknown[], body = ""): string {
  return `${JSON.stringify(head)}\n${body}`;
}

function writeOpen(limits: Limits, { saved, ...keep }: KeepOptions): string {
  if (saved === undefined) return write(["open", limits, keep]);
  const { image, ...facts } = saved;
  return write(["open", limits, { ...keep, saved: facts }], base64(image));
}

function writeSaved({ image, ...facts }: SavedVm): string {
  const calls = facts.calls.map(({ server, tool, ...call }) => ({
    ...call,
    server: cutText(server, MAX_NAME),
    tool: cutText(tool, MAX_NAME),
  }));
  return write(["saved", { ...facts, calls }], base64(image));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

type CallMessage = Extract<ToHost, { type: "call" }>;

function writeCall({ call, server, tool, id, again, args }: CallMessage): string {
  const head = ["call", call, cutText(server, MAX_NAME), cutText(tool, MAX_NAME), id];
  return write(again ? [...head, again] : head, args);
}

function writeOutcome(outcome: Outcome): string {
  const { value, error, declares, ...rest } = {
    value: undefined,
    error: undefined,
    ...outcome,
  };
  const head = {
    ...rest,
    ...(error === undefined ? {} : { error: cutFailure(error) }),
    ...(declares === undefined ? {} : { declares: declared(declares) }),
  };
  return write(["outcome", head, value !== undefined], value);
}

/** As many names as a host accepts; longer ones than it accepts are left out. */
function declared(names: readonly string[]): readonly string[] {
  return names.filter(({ length }) => length <= MAX_DECLARED_NAME).slice(0, MAX_DECLARED);
}

/** A failure with its texts cut to the lengths that a host accepts. */
export function cutFailure(failure: Failure): Failure {
  const { name, message, hint, tool } = failure;
  return {
    ...failure,
    // A custom engine may leave one out.
    name: cutText(name ?? "Error", MAX_NAME),
    message: cutText(message ?? "", MAX_TEXT),
    ...(hint === undefined ? {} : { hint: cutText(hint, MAX_TEXT) }),
    ...(tool === undefined ? {} : { tool: cutText(tool, MAX_TEXT) }),
  };
}

/** A record with its texts cut to the lengths that a host accepts. */
export function cutRecord(record: CallRecord): CallRecord {
  const { tool, error } = record;
  return {
    ...record,
    tool: cutText(tool, MAX_TEXT),
    ...(error === undefined ? {} : { error: cutText(error, MAX_NAME) }),
  };
}

function cutWords({ message, hint }: Pick<Failure, "message" | "hint">): (string | null)[] {
  return [cutText(message, MAX_TEXT), hint === undefined ? null : cutText(hint, MAX_TEXT)];
}
