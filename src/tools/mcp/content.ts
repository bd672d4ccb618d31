import { parseExact } from "../../core/exact-json.ts";
import { breachOfShape } from "../../core/json-shape.ts";
import { MAX_MESSAGE, ToolError } from "../../core/tool-error.ts";
import { mostParts } from "../../core/parts.ts";
import { cutUnits } from "../../core/utf8.ts";
import { errorData, shortJson } from "./error-data.ts";
import { LARGE_INTEGERS } from "./exact-message.ts";
import { MAX_DEPTH, tooDeep, tooManyParts } from "./json-scan.ts";
import { refusedMessage } from "./message.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Converts the result of `tools/call` to what a program receives: `structuredContent` where there is some; else, when
 * all content is text, that text; nothing for no content; else the parts as plain objects. Of a text only a JSON object or
 * array is parsed, and of several only when each is one, to the array of their values: every other text, `1.10` or `null`, is what
 * the server wrote. Shapes outside the specification are interpreted as far as their meaning is clear.
 * @param redact takes secrets out of a message
 * @throws ToolError `tool_error` with the server's text when the result is an error, and with its structured content as data
 */
export function unwrap(
  result: Part,
  tool: string,
  redact: (text: string) => string = (text) => text,
): unknown {
  const parts = partsOf(result["content"]);
  if (result["isError"] === true)
    throw new ToolError("tool_error", redact(errorText(parts, result)), {
      tool,
      ...errorData(result["structuredContent"], redact),
    });
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
  return texts.every((text) => text !== undefined) ? valueOf(texts, tool) : parts;
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

/** Begins as an object or an array does. */
const CONTAINER = /^\s*[[{]/;

/** The value of texts, see {@link unwrap}. Blank ones beside others say nothing. */
function valueOf(texts: readonly string[], tool: string): unknown {
  const written = texts.filter((text) => text.trim() !== "");
  const asTheyAre = texts.join("\n");
  if (written.length === 0 || !written.every((text) => CONTAINER.test(text))) return asTheyAre;
  // A list of any length: the cap on batches of messages does not apply to results.
  const parts = mostParts(asTheyAre.length);
  const breach = breachOfShape(written.join(","), { parts, depth: MAX_DEPTH });
  if (breach !== undefined) {
    const problem = breach === "depth" ? tooDeep(MAX_DEPTH) : tooManyParts(parts);
    throw new ToolError("tool_error", refusedMessage(problem), { tool });
  }
  try {
    const values = written.map((text) => parseExact(text, LARGE_INTEGERS));
    return values.length === 1 ? values[0] : values;
  } catch {
    return asTheyAre; // it only looked like JSON
  }
}

function errorText(parts: readonly Part[], { structuredContent }: Part): string {
  const texts = parts.map(textOf).filter((text) => text !== undefined && text.trim() !== "");
  if (texts.length > 0) return cutUnits(texts.join("\n"), MAX_MESSAGE);
  const other = structuredContent ?? (parts.length > 0 ? parts : undefined);
  if (other === undefined) return "the tool failed without a message";
  return shortJson(other) ?? "the tool failed, with more data than a message has room for";
}
