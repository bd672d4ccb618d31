/** Ids, users and keys of sessions, and checks of the options of a session. */
import { types } from "node:util";
import { CodecellError } from "../core/errors.ts";
import { isSessionId, SESSION_ID_WANTED } from "../core/session-id.ts";

export function taken(id: string): CodecellError {
  return new CodecellError("config_error", `there is a session '${id}' already`, {
    hint: "Close it first, or give the restored one another id.",
  });
}

/** The key of a session. No two of them have the same one: a slash and a colon are in no encoded user and in no encoded scope. */
export function keyOf(id: string, user: string | undefined, scope?: string): string {
  const whose = encodeURIComponent(user ?? "");
  return scope === undefined ? `${whose}:${id}` : `${whose}/${encodeURIComponent(scope)}:${id}`;
}

export function checkId(what: string, id: unknown): void {
  if (isSessionId(id)) return;
  throw new CodecellError(
    "config_error",
    `${what} must be ${SESSION_ID_WANTED}`,
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
