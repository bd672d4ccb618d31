/** The interface for your own model. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CodecellError } from "../../index.ts";
import type { Block, Definition, Message } from "./messages.ts";

/** One request to a model. */
export interface ModelRequest {
  /** System prompt; empty for direct calling. */
  readonly system: string;
  /** Tools that the model may call. */
  readonly tools: readonly Definition[];
  /** The conversation so far; the last message is the user's. */
  readonly messages: readonly Message[];
}

/** The reply of a model. */
export interface ModelReply {
  /** Texts and `tool_use` blocks. A reply without a `tool_use` ends the conversation. */
  readonly content: readonly Block[];
  /** Tokens of this request as the provider counted them. */
  readonly usage?: {
    /** Input tokens. */
    readonly inputTokens: number;
    /** Output tokens. */
    readonly outputTokens: number;
  };
}

/** A model of any provider: the exports of a module for `--model`. */
export interface ModelAdapter {
  /** Sends one request. A rejection ends the workload as not solved. */
  complete(request: ModelRequest): Promise<ModelReply>;
}

/**
 * Imports the adapter that the module at `path` exports.
 * @param path relative to the working directory, or absolute
 * @throws CodecellError `config_error` if the module cannot be loaded or exports no function `complete`
 */
export async function loadModel(path: string): Promise<ModelAdapter> {
  const module = (await import(pathToFileURL(resolve(path)).href).catch((cause: unknown) => {
    throw new CodecellError(
      "config_error",
      `the model ${path} cannot be loaded: ${String(cause)}`,
      {
        cause,
      },
    );
  })) as Partial<ModelAdapter>;
  const { complete } = module;
  if (typeof complete === "function") return { complete };
  throw new CodecellError("config_error", `the model ${path} exports no function complete`, {
    hint: "export async function complete({ system, tools, messages }) { return { content } }",
  });
}
