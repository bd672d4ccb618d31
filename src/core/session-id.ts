/**
 * What an id of a session can be, as the pattern of a regular expression with the flag `u`: only characters without a special meaning
 * in paths, headers and log lines.
 */
export const SESSION_ID_PATTERN = "^[\\w.:@-]{1,200}$";
/** {@link SESSION_ID_PATTERN} in words. */
export const SESSION_ID_WANTED = "1 to 200 letters, digits or any of . : @ _ -";

const SESSION_ID = new RegExp(SESSION_ID_PATTERN, "u");

export function isSessionId(id: unknown): id is string {
  return typeof id === "string" && SESSION_ID.test(id);
}
