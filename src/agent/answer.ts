/** Converts the result of a run to what a model reads: text within its limits, pictures as pictures. */
import { fromBase64 } from "../core/base64.ts";
import { jsonBytes, truncateJsonChars } from "../core/truncate.ts";
import { cutUnits } from "../core/utf8.ts";
import type { ExecutionResult, JsonValue } from "../index.ts";
import { structuredAnswer } from "./structured-answer.ts";

/** A part of a result, as MCP defines it: text, image, audio, resource, resource link. */
export interface ContentPart {
  /** `text`, `image`, `audio`, `resource` or `resource_link`. */
  readonly type: string;
  /** What a part of this type has besides, as MCP's `ContentBlock` defines it. */
  readonly [key: string]: unknown;
}

/** What a tool returns to an agent. */
export interface AgentAnswer {
  /** All that a model has to read. */
  readonly text: string;
  /** The text, then pictures and the like that the program returned. */
  readonly content: readonly ContentPart[];
  /** The same as data, for tools with an `outputSchema`. */
  readonly structured?: Readonly<Record<string, unknown>>;
  /** True when the call or the program failed; the text says why. */
  readonly isError: boolean;
}

/** Parts of a value that become content of their own. */
const MAX_PARTS = 20;

export function textAnswer(text: string, maxChars: number, isError = false): AgentAnswer {
  const cut = cutToMark(text, maxChars);
  return { text: cut, content: [{ type: "text", text: cut }], isError };
}

/**
 * The answer to a run. What a model or a host reads of it is bounded as a whole, whatever the program, its tools and its errors
 * are: the text has at most `maxChars`, text and structured content together have at most twice as many (see
 * structured-answer.ts), what is text in links, resources and the like has at most `maxChars`, and the bytes of pictures are a part
 * of the value, which has a cap of its own.
 * @param maxChars of the text; what is over is cut, and a mark says how to get the rest
 */
export function resultAnswer(result: ExecutionResult, maxChars: number): AgentAnswer {
  const media = new Media(maxChars);
  const shown = result.ok ? withoutMedia(result, media, maxChars) : result;
  const text = cutToMark(textOf(shown), maxChars);
  return {
    text,
    content: [{ type: "text", text }, ...media.parts],
    structured: structuredAnswer(shown, 2 * maxChars - text.length),
    isError: !result.ok,
  };
}

function withoutMedia(
  result: ExecutionResult & { ok: true },
  media: Media,
  maxChars: number,
): ExecutionResult & { ok: true } {
  if (result.value === undefined) return result;
  const { value, cutBytes } = truncateJsonChars(media.takenOutOf(result.value), maxChars);
  if (cutBytes === 0) return { ...result, value };
  const before = result.truncated?.value ?? 0;
  return { ...result, value, truncated: { ...result.truncated, value: before + cutBytes } };
}

/** Content parts of a value, as blocks of their own. */
class Media {
  readonly parts: ContentPart[] = [];
  #charactersLeft: number;

  /** @param maxChars what all parts may have besides bytes in base64 */
  constructor(maxChars: number) {
    this.#charactersLeft = maxChars;
  }

  /** The value without its parts: of what has bytes or text a label stays in its place, a link stays as it is. */
  takenOutOf(value: JsonValue): JsonValue {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => this.takenOutOf(item));
    const kind = this.parts.length < MAX_PARTS ? partKind(value) : undefined;
    if (kind !== undefined && this.#hasRoomFor(value)) {
      this.parts.push(value as ContentPart);
      return kind === "link"
        ? value
        : `[${String(value["type"])} ${this.parts.length}: ${label(value)}]`;
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.takenOutOf(item)]),
    );
  }

  #hasRoomFor(part: JsonObject): boolean {
    const size = JSON.stringify(withoutBytes(part)).length;
    if (size > this.#charactersLeft) return false;
    this.#charactersLeft -= size;
    return true;
  }
}

/** A content part as far as a model reads it as text. */
export function withoutBytes(part: JsonObject): JsonObject {
  const { resource } = part;
  if (isObject(resource) && typeof resource["text"] !== "string") {
    const { blob: _, ...rest } = resource;
    return { ...part, resource: rest };
  }
  if (part["type"] !== "image" && part["type"] !== "audio") return part;
  const { data: _, ...rest } = part;
  return rest;
}

type JsonObject = { readonly [key: string]: JsonValue };

/** What a value is among MCP's content parts, if it is one that a client would accept. */
function partKind(value: JsonObject): "media" | "resource" | "link" | undefined {
  const { type, data, mimeType, uri, name, resource } = value;
  if (type === "image" || type === "audio")
    return typeof mimeType === "string" && isBase64(data) ? "media" : undefined;
  if (type === "resource_link")
    return typeof uri === "string" && typeof name === "string" ? "link" : undefined;
  if (type !== "resource" || !isObject(resource) || typeof resource["uri"] !== "string")
    return undefined;
  const { text, blob } = resource;
  const isSound = typeof text === "string" || isBase64(blob);
  return isSound ? "resource" : undefined;
}

function isBase64(text: JsonValue | undefined): boolean {
  return typeof text === "string" && text !== "" && fromBase64(text) !== undefined;
}

function label(value: JsonObject): string {
  const { mimeType, resource } = value;
  const what = isObject(resource) ? resource["uri"] : mimeType;
  return `${String(what)}, ${jsonBytes(value as JsonValue)} bytes`;
}

function isObject(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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

function cutToMark(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const mark = (left: number): string =>
    `\n… (${left} more characters; return less, or a part at a time)`;
  const start = cutUnits(text, Math.max(0, maxChars - mark(text.length).length));
  return start + mark(text.length - start.length);
}
