/** The hook for a model of one's own. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CodecellError } from "../../index.ts";
import type { Block, Definition, Message } from "./messages.ts";

/** What a model is asked. */
export interface ModelRequest {
  readonly system: string;
  readonly tools: readonly Definition[];
  readonly messages: readonly Message[];
}

export interface ModelReply {
  readonly content: readonly Block[];
  /** As its provider counts. */
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
}

/** A model of any provider: what a module for `--model` exports. */
export interface ModelAdapter {
  complete(request: ModelRequest): Promise<ModelReply>;
}

/**
 * The adapter that the module at `path` exports.
 * @throws CodecellError `config_error` when there is none
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
