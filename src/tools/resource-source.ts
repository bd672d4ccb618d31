import type { CallContext } from "./call-context.ts";

/** Something to read that a server offers. What is not listed here is kept as the server sent it. */
export interface ResourceInfo {
  readonly server: string;
  readonly uri: string;
  readonly name?: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
  readonly size?: number;
}

/** A family of resources: its `uriTemplate` is of RFC 6570. */
export interface TemplateInfo {
  readonly server: string;
  readonly uriTemplate: string;
  readonly name?: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
}

/** A part of a resource: text, or base64 in `blob`. */
export interface ResourceContents {
  readonly uri: string;
  readonly mimeType?: string;
  readonly text?: string;
  readonly blob?: string;
}

/** A text that a server offers to be filled in. */
export interface PromptInfo {
  readonly server: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly arguments?: readonly {
    readonly name: string;
    readonly description?: string;
    readonly required?: boolean;
  }[];
}

/** A prompt, filled in. */
export interface PromptResult {
  readonly description?: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

/** The lists of what a server offers beside tools. All of it is claims of that server. Methods throw ToolError. */
export interface ResourceLists {
  listResources(): Promise<readonly ResourceInfo[]>;
  listTemplates(): Promise<readonly TemplateInfo[]>;
  listPrompts(): Promise<readonly PromptInfo[]>;
}

/** The same with the requests for what is in the lists: those are calls, and only the chain makes them. */
export interface ResourceSource extends ResourceLists {
  readResource(uri: string, context: CallContext): Promise<readonly ResourceContents[]>;
  getPrompt(
    name: string,
    args: Readonly<Record<string, string>>,
    context: CallContext,
  ): Promise<PromptResult>;
}
