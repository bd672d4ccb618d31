/** Writes messages as text, see protocol.ts. */
import { CodecellError, type Failure } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { CallRecord } from "../../core/result.ts";
import { exceedsUtf8 } from "../../core/utf8.ts";
import type { KeepOptions, Outcome, SavedVm } from "../../engine/engine.ts";
import {
  cutText,
  largestHead,
  MAX_DECLARED,
  MAX_DECLARED_NAME,
  MAX_DECLARED_TEXT,
  MAX_GIVEN_UP,
  MAX_LABEL,
  MAX_NAME,
  MAX_TEXT,
  MAX_WAITING_BYTES,
} from "./message-caps.ts";
import { writeNames } from "./name-lines.ts";
import type { ToHost, ToWorker } from "./protocol.ts";

/** The text of a message to a worker. */
export function writeToWorker(message: ToWorker): string {
  switch (message.type) {
    case "answer":
      return `["answer",${message.call}]\n${message.answer}`;
    case "engine":
      return write([message.type, message.engine]);
    case "names":
      return write([message.type], writeNames(message.names));
    case "run":
      return write([message.type, message.limits, message.timeZone], message.source);
    case "runKept":
      return write(
        [message.type, message.limits, message.resume, message.timeZone],
        message.source,
      );
    case "open":
      return writeOpen(message.limits, message.keep);
    case "save":
    case "end":
    case "abort":
      return write([message.type]);
  }
}

/**
 * The text of a message to a host. Texts that programs or tools supplied are cut to what the host accepts.
 * @throws CodecellError `config_error` for a saved VM that waits for more than the host accepts
 */
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

/** The bytes that go with the text of a message: an image is large, and no text. */
export function bytesOf(message: ToWorker | ToHost): Uint8Array | undefined {
  if (message.type === "open") return message.keep.saved?.image;
  return message.type === "saved" ? message.vm.image : undefined;
}

function write(head: readonly unknown[], body = ""): string {
  return `${JSON.stringify(head)}\n${body}`;
}

function writeOpen(limits: Limits, { saved, ...keep }: KeepOptions): string {
  if (saved === undefined) return write(["open", limits, keep]);
  const { facts, texts } = partsOf(saved);
  return write(["open", limits, { ...keep, saved: facts }], texts);
}

function writeSaved(vm: SavedVm): string {
  const { facts, texts } = partsOf(vm);
  const head = JSON.stringify(["saved", facts]);
  if (head.length > largestHead("saved") || exceedsUtf8(texts, MAX_WAITING_BYTES))
    throw new CodecellError("config_error", "the session waits for too much to be saved", {
      hint: "Await calls and timers before the session is saved.",
    });
  return `${head}\n${texts}`;
}

/** What the text of a message has of a saved VM: in the head the lengths of its texts, which are one after the other in the body. */
function partsOf(vm: SavedVm): { readonly facts: object; readonly texts: string } {
  const { image: _, calls, answers, ...facts } = vm;
  const texts = [...calls.map(({ args }) => args), ...answers.map(([, answer]) => answer)];
  return {
    facts: {
      ...facts,
      calls: calls.map(({ args, server, tool, ...call }) => ({
        ...call,
        server: cutText(server, MAX_NAME),
        tool: cutText(tool, MAX_NAME),
        args: args.length,
      })),
      answers: answers.map(([id, answer]) => [id, answer.length]),
    },
    texts: texts.join(""),
  };
}

type CallMessage = Extract<ToHost, { type: "call" }>;

function writeCall({ call, server, tool, id, again, args }: CallMessage): string {
  const head = ["call", call, cutText(server, MAX_NAME), cutText(tool, MAX_NAME), id];
  return write(again ? [...head, again] : head, args);
}

function writeOutcome(outcome: Outcome): string {
  const { value, error, declares, givenUp, ...rest } = {
    value: undefined,
    error: undefined,
    ...outcome,
  };
  const head = {
    ...rest,
    ...(error === undefined ? {} : { error: cutFailure(error) }),
    ...(declares === undefined ? {} : { declares: cutDeclared(declares) }),
    ...(givenUp === undefined ? {} : { givenUp: givenUp.slice(0, MAX_GIVEN_UP) }),
  };
  return write(["outcome", head, value !== undefined], value);
}

/** As many names as a host accepts; longer ones than it accepts are left out. */
export function cutDeclared(names: readonly string[]): readonly string[] {
  let characters = 0;
  return names
    .filter(({ length }) => length <= MAX_DECLARED_NAME)
    .slice(0, MAX_DECLARED)
    .filter(({ length }) => (characters += length) <= MAX_DECLARED_TEXT);
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
    tool: cutText(tool, MAX_LABEL),
    ...(error === undefined ? {} : { error: cutText(error, MAX_NAME) }),
  };
}

function cutWords({ message, hint }: Pick<Failure, "message" | "hint">): (string | null)[] {
  return [cutText(message, MAX_TEXT), hint === undefined ? null : cutText(hint, MAX_TEXT)];
}
