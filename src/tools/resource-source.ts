import type { CallContext } from "./call-context.ts";
import type { ResourceLists } from "./resource-lists.ts";

/** A part of a resource: text, or base64 in `blob`. */
export interface ResourceContents {
  readonly uri: string;
  readonly mimeType?: string;
  readonly text?: string;
  readonly blob?: string;
}

/** A prompt, filled in. */
export interface PromptResult {
  readonly description?: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

/** What a server offers besides tools, to list and to request. Requests are calls: only the chain makes them. */
export interface ResourceSource extends ResourceLists {
  readResource(uri: string, context: CallContext): Promise<readonly ResourceContents[]>;
  getPrompt(
    name: string,
    args: Readonly<Record<string, string>>,
    context: CallContext,
  ): Promise<PromptResult>;
}
