/** From the result of a run to what a model reads: text within its limits, pictures as pictures. */
import { jsonBytes, truncateJson } from "../core/truncate.ts";
import type { ExecutionResult, JsonValue } from "../index.ts";

/** A part of an answer, as MCP has them: text, image, audio, resource, resource link. */
export interface ContentPart {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** What a tool answers an agent. */
export interface AgentAnswer {
  /** All that a model has to read. */
  readonly text: string;
  /** The text, then pictures and the like that the program returned. */
  readonly content: readonly ContentPart[];
  /** The same as data, where the tool promises some. */
  readonly structured?: Readonly<Record<string, unknown>>;
  readonly isError: boolean;
}

/** Calls that are listed in the structured answer; `usage.toolCalls` counts all. */
const MAX_CALLS = 50;
const MAX_PARTS = 20;

export function textAnswer(text: string, maxChars: number, isError = false): AgentAnswer {
  const cut = cutText(text, maxChars);
  return { text: cut, content: [{ type: "text", text: cut }], isError };
}

/** @param maxChars of the text; what is over is cut, and a mark says how to get the rest */
export function resultAnswer(result: ExecutionResult, maxChars: number): AgentAnswer {
  const media: ContentPart[] = [];
  const shown = result.ok ? withoutMedia(result, media, maxChars) : result;
  const text = cutText(textOf(shown), maxChars);
  return {
    text,
    content: [{ type: "text", text }, ...media],
    structured: { ...shown, calls: shown.calls.slice(0, MAX_CALLS) },
    isError: !result.ok,
  };
}

function withoutMedia(
  result: ExecutionResult & { ok: true },
  media: ContentPart[],
  maxChars: number,
): ExecutionResult & { ok: true } {
  if (result.value === undefined) return result;
  const { value, cutBytes } = truncateJson(takeMedia(result.value, media), maxChars);
  if (cutBytes === 0) return { ...result, value };
  const before = result.truncated?.value ?? 0;
  return { ...result, value, truncated: { ...result.truncated, value: before + cutBytes } };
}

/** Takes content parts with bytes out of a value; a label stays in their place. */
function takeMedia(value: JsonValue, media: ContentPart[]): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => takeMedia(item, media));
  if (isMedia(value) && media.length < MAX_PARTS) {
    media.push(value);
    return `[${value.type} ${media.length}: ${String(value["mimeType"])}, ${jsonBytes(value)} bytes]`;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, takeMedia(item, media)]),
  );
}

function isMedia(value: {
  [key: string]: JsonValue;
}): value is { type: string; [key: string]: JsonValue } {
  const { type, data, mimeType } = value;
  if (typeof mimeType !== "string" || typeof data !== "string") return false;
  return (type === "image" || type === "audio") && /^[A-Za-z0-9+/]+={0,2}$/.test(data);
}

function textOf(result: ExecutionResult): string {
  const parts = [result.ok ? valueText(result.value) : errorText(result.error)];
  if (result.logs.length > 0)
    parts.push(
      `Logs:\n${result.logs.map(({ level, text }) => (level === "log" ? text : `[${level}] ${text}`)).join("\n")}`,
    );
  return parts.join("\n\n");
}

function valueText(value: JsonValue | undefined): string {
  if (value === undefined) return "The program succeeded and returned nothing.";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function errorText({
  code,
  name,
  message,
  line,
  column,
  frame,
  hint,
}: (ExecutionResult & { ok: false })["error"]): string {
  const place = line === undefined ? "" : ` (line ${line}, column ${column ?? 1})`;
  return [`${code}: ${name}: ${message}${place}`, frame, hint]
    .filter((part) => part !== undefined)
    .join("\n\n");
}

function cutText(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const mark = `\n… (${text.length - maxChars} more characters; return less, or a part at a time)`;
  return text.slice(0, Math.max(0, maxChars - mark.length)) + mark;
}
