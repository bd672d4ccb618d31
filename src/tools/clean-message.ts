import { messageOf } from "../core/errors.ts";
import { MAX_MESSAGE } from "../core/tool-error.ts";
import { cutText } from "../core/utf8.ts";

const QUOTED_PATH = /(["'`])(?:\/(?!\/)|[A-Za-z]:[\\/]|file:\/\/)[^"'`\n]*\1/g;
const FILE_URL = /\bfile:\/\/[^\s'"`<>)]*/g;
// A path after an HTTP method is a route of some API, not a file of this host.
const UNIX_PATH =
  /(?<![\w.:/~-])(?<!\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) )\/(?:[^\s/'"`:;,()<>]+\/)+[^\s/'"`:;,()<>]*/g;
const WINDOWS_PATH = /\b[A-Za-z]:\\(?:[^\\\s'"`:<>]+\\)*[^\\\s'"`:<>]*/g;
const STACK_LINE = /\n[ \t]+at [^\n]*/g;

/** Only the last name of a path means something to a program. */
function shorten(path: string): string {
  const name = path.split(/[\\/]/).findLast((part) => part !== "");
  return `…/${name ?? ""}`;
}

/** Removes from `text` what describes this host: absolute paths (their last name stays) and stack lines. */
function withoutHostPaths(text: string): string {
  return text
    .replace(STACK_LINE, "")
    .replace(QUOTED_PATH, (quoted, quote: string) => quote + shorten(quoted.slice(1, -1)) + quote)
    .replace(FILE_URL, shorten)
    .replace(WINDOWS_PATH, shorten)
    .replace(UNIX_PATH, shorten);
}

/** Makes a message for the program of what a local function threw: no stack, no host path, never empty. */
export function cleanMessage(thrown: unknown): string {
  // Cut first: megabytes would be gone through once for each pattern.
  const text = cutText(describe(thrown), MAX_MESSAGE);
  return withoutHostPaths(text).trim() || "the tool failed without a message";
}

function describe(thrown: unknown): string {
  if (thrown === null || thrown === undefined) return `the tool threw ${thrown}`;
  if (typeof thrown !== "object" && typeof thrown !== "function") return messageOf(thrown);
  try {
    const { message, name } = thrown as { message?: unknown; name?: unknown };
    if (typeof message === "string" && message !== "") return message;
    return typeof name === "string" && name !== ""
      ? `the tool threw ${name}`
      : "the tool threw a value that is not an error";
  } catch {
    return "the tool threw a value that cannot be read";
  }
}
