/** Requests of a host to a worker, checked and rebuilt field by field, because the host of a service can be any client. */
import { DEFAULT_LIMITS, type Limits, resolveLimits } from "../../core/limits.ts";
import { checkTimeZone } from "../../core/time-zone.ts";
import type { EngineRef, KeepOptions } from "../../engine/engine.ts";
import { readSavedVm } from "./check-messages.ts";
import {
  optional,
  ProtocolError,
  readFields,
  readMeasure,
  readNumber,
  readOptionalText,
  readText,
} from "./fields.ts";
import { MAX_NAME } from "./message-caps.ts";

/** Longest time for restoring a VM. */
const MAX_REPLAY_MS = 3_600_000;

/** How a VM is opened. @param body the texts and the image of the saved VM */
export function readKeep(sent: unknown, texts: string, image?: Uint8Array): KeepOptions {
  const { seed, now, saved, replayMs } = readFields(sent, "keep");
  return {
    ...optional("seed", readOptionalText(seed, "keep.seed")),
    ...(now === undefined ? {} : { now: readNumber(now, "keep.now") }),
    ...(saved === undefined ? {} : { saved: readSavedVm(saved, texts, image) }),
    ...(replayMs === undefined
      ? {}
      : { replayMs: readMeasure(replayMs, "keep.replayMs", MAX_REPLAY_MS) }),
  };
}

/** A limit that the sender does not send has its default: the sender may be of an older version. */
export function readLimits(sent: unknown): Limits {
  const given = readFields(sent, "limits");
  const known = Object.keys(DEFAULT_LIMITS).filter((name) => Object.hasOwn(given, name));
  try {
    return resolveLimits(Object.fromEntries(known.map((name) => [name, given[name]])));
  } catch {
    throw new ProtocolError("it sent a malformed message: limits that are out of range");
  }
}

/** The time zone of a run; absent for the default. */
export function readTimeZone(sent: unknown): { readonly timeZone?: string } {
  if (sent === undefined || sent === null) return {};
  try {
    return { timeZone: checkTimeZone(sent) };
  } catch {
    throw new ProtocolError("it sent a malformed message: no time zone");
  }
}

/** The engine to load. */
export function readEngine(sent: unknown): EngineRef {
  const { name, module, options } = readFields(sent, "engine");
  return {
    name: readText(name, "engine.name", MAX_NAME),
    module: readOptionalText(module, "engine.module") ?? "",
    ...optional("options", options),
  };
}
