/** The globals that every program has besides its tools and the web's, in TypeScript, for `declare global`. */
export const PROGRAM_API = `
  // A whole number beyond \u00b1(2^53 - 1) in a result, or in \`await response.json()\`, is a bigint. Tools take bigints as integers.
  // A large result can stay on the host: \`const h = await tools.x.y.handle(args)\`, then h.count(), h.slice(start, end), h.filter({ key: value }), h.get(...path), h.at(...path), \`for await\`.
  /** A failed call. */
  class ToolError extends Error {
    readonly code: string;
    /** \`server.tool\` */
    readonly tool?: string;
    /** What to do next. */
    readonly hint?: string;
    /** What else the tool says of the failure. */
    readonly data?: unknown;
  }
  interface ToolCategory { name: string; tools: number; description?: string; outage?: string; state?: "connecting" | "failed"; cached?: true }
  interface ToolSummary { category: string; name: string; call: string; description?: string; parameters?: string; result?: string; declaration?: string; cached?: true }
  interface ToolSpec { category: string; name: string; call: string; title?: string; description: string; declaration: string; annotations?: Record<string, unknown>; inputSchema?: unknown; outputSchema?: unknown; cached?: true }
  /** \`name\`: names only; \`summary\` (default): and one line each; \`parameters\`: and the parameters; \`full\`: and the declaration. */
  type ToolDetail = "name" | "summary" | "parameters" | "full";
  interface ToolPage { detail?: ToolDetail; limit?: number; offset?: number }
  function listToolCategories(): Promise<ToolCategory[]>;
  function listTools(category: string, options?: ToolPage): Promise<ToolSummary[]>;
  function loadToolCategory(category: string, options?: ToolPage): Promise<ToolSummary[]>;
  function loadToolAPI(category: string): Promise<ToolSummary[]>;
  function getToolSpec(category: string, tool?: string): Promise<ToolSpec>;
  /** Calls a tool by names: \`callTool("server", "tool", args)\`, \`callTool("server.tool", args)\`. */
  function callTool(name: string | { name: string; arguments?: any }, ...args: any[]): Promise<any>;
  /** For wrapper classes. */
  const mcpClient: { callTool: typeof callTool };
  function searchTools(query: string, options?: ToolDetail | (ToolPage & { category?: string })): Promise<ToolSummary[]>;

  interface FileStat { size: number; mtime: Date; mtimeMs: number; isFile(): boolean; isDirectory(): boolean }
  /** The tree of wrappers under /tools, to read; in a session its workspace besides. Files are read as they were written: as text or as bytes. */
  const fs: {
    readdir(path: string): Promise<string[]>;
    readFile(path: string, encoding?: unknown): Promise<string>;
    writeFile(path: string, data: string | ArrayBuffer | ArrayBufferView, options?: { flag?: "w" | "a" } | string): Promise<void>;
    mkdir(path: string, options?: { recursive?: boolean }): Promise<void>;
    rm(path: string, options?: { recursive?: boolean; force?: boolean }): Promise<void>;
    stat(path: string): Promise<FileStat>;
  };

  interface Resource { server: string; uri: string; name: string; title?: string; description?: string; mimeType?: string; size?: number }
  interface ResourceTemplate { server: string; uriTemplate: string; name: string; title?: string; description?: string; mimeType?: string }
  interface ResourceContents { uri: string; mimeType?: string; text?: string; blob?: string }
  const resources: {
    list(server?: string): Promise<Resource[]>;
    templates(server?: string): Promise<ResourceTemplate[]>;
    read(server: string, uri: string): Promise<ResourceContents[]>;
  };

  interface Prompt { server: string; name: string; title?: string; description?: string; arguments?: { name: string; description?: string; required?: boolean }[] }
  interface PromptMessage { role: "user" | "assistant"; content: { type: string; text?: string; [key: string]: unknown } }
  const prompts: {
    list(server?: string): Promise<Prompt[]>;
    get(server: string, name: string, args?: Record<string, string>): Promise<{ description?: string; messages: PromptMessage[] }>;
  };`;

/** `ask`, which only some hosts answer. */
export const ASK_API = `
  /** What fits a JSON Schema that stands in the program. */
  type Answer<S> = S extends { const: infer T } ? T
    : S extends { enum: readonly (infer T)[] } ? T
    : S extends { anyOf: readonly (infer T)[] } | { oneOf: readonly (infer T)[] } ? Answer<T>
    : S extends { type: readonly (infer T extends string)[] } ? AnswerOf<T, S>
    : S extends { type: infer T extends string } ? AnswerOf<T, S>
    : S extends { properties: object } ? AnswerOf<"object", S>
    : any;
  type AnswerOf<T extends string, S> = string extends T ? any
    : T extends "string" ? string
    : T extends "number" | "integer" ? number
    : T extends "boolean" ? boolean
    : T extends "null" ? null
    : T extends "array" ? (S extends { items: infer I extends object } ? Answer<I>[] : any[])
    : T extends "object" ? AnswerObject<S>
    : any;
  type AnswerObject<S> = S extends { properties: infer P; required: readonly (infer R)[] } ? { [K in keyof P as K extends R ? K : never]: Answer<P[K]> } & { [K in keyof P as K extends R ? never : K]?: Answer<P[K]> }
    : S extends { properties: infer P } ? { [K in keyof P]?: Answer<P[K]> }
    : S extends { additionalProperties: infer V extends object } ? Record<string, Answer<V>>
    : Record<string, any>;
  /** Asks the host's model, where the host has one. With a JSON Schema the answer is data that fits it. */
  function ask(prompt: string, options?: { readonly schema?: undefined }): Promise<string>;
  function ask<const S extends object>(prompt: string, options: { readonly schema: S }): Promise<Answer<S>>;`;
