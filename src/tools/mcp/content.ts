import { MAX_MESSAGE, ToolError } from "../../core/tool-error.ts";
import { mostParts } from "../../core/parts.ts";
import { cutUnits } from "../../core/utf8.ts";
import { breachOfShape } from "../../core/json-shape.ts";
import { MAX_DEPTH, tooDeep, tooManyParts } from "./json-scan.ts";
import { refusedMessage } from "./message.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Converts the result of `tools/call` to what a program receives: `structuredContent` where there is some; else, when
 * all content is text, that text as JSON where it is JSON and as a string where not; nothing for no content; else the
 * parts as plain objects. Shapes outside the specification are interpreted as far as their meaning is clear.
 * @param redact takes secrets out of a message
 * @throws ToolError `tool_error` with the server's text when the result is an error
 */
export function unwrap(
  result: Part,
  tool: string,
  redact: (text: string) => string = (text) => text,
): unknown {
  const parts = partsOf(result["content"]);
  if (result["isError"] === true)
    throw new ToolError("tool_error", redact(errorText(parts, result)), { tool });
  if (result["resultType"] === "input_required") {
    throw new ToolError(
      "tool_error",
      `${tool} asks for more input from a person, which is not supported`,
      { tool },
    );
  }
  const structured = result["structuredContent"];
  // Some servers write null for what they do not have.
  if (structured !== undefined && (structured !== null || parts.length === 0)) return structured;
  if (result["toolResult"] !== undefined) return result["toolResult"]; // protocol 2024-10-07
  if (parts.length === 0) return undefined;
  const texts = parts.map(textOf);
  return texts.every((text) => text !== undefined) ? parsed(texts.join("\n"), tool) : parts;
}

function partsOf(content: unknown): Part[] {
  if (content === undefined || content === null) return [];
  const list = Array.isArray(content) ? (content as unknown[]) : [content];
  return list.map((part) => {
    if (typeof part === "object" && part !== null) return part as Part;
    return { type: "text", text: typeof part === "string" ? part : JSON.stringify(part) };
  });
}

function textOf({ type, text }: Part): string | undefined {
  return typeof text === "string" && (type === "text" || type === undefined) ? text : undefined;
}

function parsed(text: string, tool: string): unknown {
  // A list of any length: the cap on batches of messages does not apply to results.
  const parts = mostParts(text.length);
  const breach = /^\s*[[{]/.test(text)
    ? breachOfShape(text, { parts, depth: MAX_DEPTH })
    : undefined;
  if (breach !== undefined) {
    const problem = breach === "depth" ? tooDeep(MAX_DEPTH) : tooManyParts(parts);
    throw new ToolError("tool_error", refusedMessage(problem), { tool });
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function errorText(parts: readonly Part[], { structuredContent }: Part): string {
  const texts = parts.map(textOf).filter((text) => text !== undefined && text.trim() !== "");
  if (texts.length > 0) return cutUnits(texts.join("\n"), MAX_MESSAGE);
  const other = structuredContent ?? (parts.length > 0 ? parts : undefined);
  return other === undefined
    ? "the tool failed without a message"
    : JSON.stringify(other).slice(0, 2_000);
}
