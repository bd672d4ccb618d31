import { CodecellError } from "./errors.ts";

/** The person or client for whom a program runs. Everything that decides about a call reads it from here. */
export interface Caller {
  /** As given to `run`. Absent for an anonymous caller. */
  readonly user?: string;
  /** The roles that the host has verified. Absent where none are known. */
  readonly roles?: readonly string[];
}

/**
 * The names that users can have, as the pattern of a regular expression with the flag `u`: 1 to 200 characters, none of
 * which is a control character, reorders text, or is half of a character (a lone surrogate). So a name is the same text in every
 * key, header, log line and database.
 */
export const USER_PATTERN =
  "^[^\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ufeff\\ud800-\\udfff]{1,200}$";
/** {@link USER_PATTERN} in words. */
export const USER_WANTED = "a text of 1 to 200 characters without control characters";

const USER = new RegExp(USER_PATTERN, "u");

export function isUserName(user: unknown): user is string {
  return typeof user === "string" && USER.test(user);
}

/**
 * The caller that `user` names.
 * @throws CodecellError `config_error` for what is no name
 */
export function callerNamed(user: unknown): Caller {
  if (user === undefined) return ANONYMOUS;
  if (!isUserName(user)) throw new CodecellError("config_error", `user must be ${USER_WANTED}`);
  return Object.freeze({ user });
}

const ANONYMOUS: Caller = Object.freeze({});
