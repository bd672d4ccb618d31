/** Ids, users and keys of sessions, and checks of the options of a session. */
import { types } from "node:util";
import { CodecellError } from "../core/errors.ts";

const MAX_ID = 200;
/** Only characters without a special meaning in paths, headers and log lines. */
const ID = /^[\w.:@-]+$/;

export function taken(id: string): CodecellError {
  return new CodecellError("config_error", `there is a session '${id}' already`, {
    hint: "Close it first, or give the restored one another id.",
  });
}

export function keyOf(id: string, user: string | undefined): string {
  return user === undefined ? `:${id}` : `${encodeURIComponent(user)}:${id}`;
}

export function checkId(what: string, id: unknown): void {
  if (typeof id === "string" && id.length <= MAX_ID && ID.test(id)) return;
  throw new CodecellError(
    "config_error",
    `${what} must be 1 to ${MAX_ID} letters, digits or any of . : @ _ -`,
    typeof id === "string" ? {} : { hint: 'A session has a name: runtime.session("chat-7").' },
  );
}

export function seedOf(seed: unknown): string {
  if (typeof seed === "string") return seed;
  if (typeof seed === "number" && Number.isFinite(seed)) return `${seed}`;
  throw new CodecellError("config_error", "seed must be a text or a number");
}

export function timeOf(now: unknown): number {
  const ms = types.isDate(now) ? now.getTime() : now;
  if (typeof ms === "number" && Number.isFinite(ms)) return Math.trunc(ms);
  throw new CodecellError("config_error", "now must be a time: a Date, or ms since 1970");
}
