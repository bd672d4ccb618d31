import { encode } from "../core/encode.ts";
import type { HandleFacts } from "../core/handle-facts.ts";
import { hostTurns, TURN_BYTES } from "../core/host-turns.ts";
import { mostParts } from "../core/parts.ts";
import { hasResourceSymbol as isResource, plainness } from "../core/plain-json.ts";
import { ToolError } from "../core/tool-error.ts";
import { exceedsUtf8 } from "../core/utf8.ts";
import { wireFailureOf } from "../core/wire-format.ts";
import { handleCall } from "../tools/corrected-call.ts";
import { labelOf, type Middleware, type ToolCall } from "../tools/tool-call.ts";

interface Caps {
  readonly bytes: number;
  readonly parts: number;
  readonly depth: number;
}

/** Bytes and parts of a result that is encoded at once; a larger one waits for its turn. */
const SMALL_BYTES = 64 * 1024;
const SMALL_PARTS = 5_000;

/**
 * Makes the text of a result that goes to the program. It never costs more than its caps allow, whatever a tool returns, and of
 * large results one is made in a turn of the event loop.
 */
export const encodeResults: Middleware = async (call, next) => {
  const { value } = await next(call);
  const handles = new ResultHandles(call);
  try {
    const text = await textOf(value, call, handles);
    return handles.isNamed ? { value, text, handles: handles.made } : { value, text };
  } catch (error) {
    handles.dispose(value);
    throw error;
  }
};

async function textOf(value: unknown, call: ToolCall, handles: ResultHandles): Promise<string> {
  const { callBytes, valueDepth: depth } = call.run.limits;
  const tool = labelOf(call);
  const small = { bytes: Math.min(callBytes, SMALL_BYTES), parts: SMALL_PARTS, depth };
  const text = encodeResult(value, small, tool, handles);
  if (text !== undefined) return text;
  await hostTurns.take(TURN_BYTES, call.run.caller.user);
  const caps = { bytes: callBytes, parts: mostParts(callBytes), depth };
  const large = encodeResult(value, caps, tool, handles);
  if (large === undefined) throw tooLarge(call);
  return large;
}

/** What a tool returned as text for the program; `undefined` over the caps. @throws ToolError `not_serializable` */
function encodeResult(
  value: unknown,
  caps: Caps,
  tool: string,
  handles: ResultHandles,
): string | undefined {
  const { bytes: characters, parts, depth } = caps;
  const kind = plainness(value, { depth, parts, characters });
  if (kind === "large") return undefined;
  const text = kind === "plain" ? JSON.stringify(value) : encodeRich(value, caps, tool, handles);
  return text === undefined || exceedsUtf8(text, caps.bytes) ? undefined : text;
}

function encodeRich(
  value: unknown,
  caps: Caps,
  tool: string,
  { handleOf }: ResultHandles,
): string | undefined {
  try {
    const { bytes: maxBytes, parts: maxParts, depth: maxDepth } = caps;
    return encode(value, { maxBytes, maxParts, maxDepth, label: "result", handleOf, isResource });
  } catch (error) {
    const failure = wireFailureOf(error);
    if (failure === undefined) throw error;
    if (failure.code === "output_limit") return undefined;
    throw new ToolError(
      "not_serializable",
      `${tool} returned what cannot be sent to a program: ${failure.message}`,
    );
  }
}

/** Keeps the objects with methods of one result. What an MCP server sends has none. */
class ResultHandles {
  readonly #call: ToolCall;
  readonly made: string[] = [];
  /** Whether the text names any. */
  isNamed = false;

  constructor(call: ToolCall) {
    this.#call = call;
  }

  readonly handleOf = (object: object, failed: boolean): HandleFacts | undefined => {
    const { run, server, tool, signal } = this.#call;
    if (signal.aborted) throw new ToolError("aborted", "the run is over");
    const facts = run.handles?.make(object, failed, { server, tool, made: this.made });
    if (facts !== undefined) this.isNamed = true;
    return facts;
  };

  /** The program does not get the result. */
  dispose(value: unknown): void {
    const { run, server, tool } = this.#call;
    run.handles?.discard(value, { server, tool });
    run.handles?.drop(this.made);
  }
}

function tooLarge(call: ToolCall): ToolError {
  const { callBytes } = call.run.limits;
  const tool = labelOf(call);
  const message = `the result of ${tool} is larger than ${callBytes} bytes, or has more than ${mostParts(callBytes)} parts`;
  return new ToolError("output_limit", message, { hint: hintOf(call) });
}

function hintOf({ kind, server, tool, args }: ToolCall): string {
  if (kind === "method")
    return "Ask for less: fewer rows, a filter, a part; or loop over it with for await, where it has rows.";
  const less = "Ask the tool for less: a page, a filter, fewer fields.";
  return kind === "tool"
    ? `${less} Or leave the result on the host: \`const h = await ${handleCall(server, tool, args)}\`, then \`await h.slice(0, 100)\` or \`await h.filter({ key: 1 })\`, or loop over it with for await.`
    : less;
}
