/** What the tool that finds tools takes. */
export interface SearchInput {
  /** Words in any language. */
  readonly query?: string | undefined;
  /** The tools of one category only. */
  readonly category?: string | undefined;
  /**
   * Number of tools, 1 to 200.
   * @default 10
   */
  readonly limit?: number | undefined;
  /**
   * Tools to leave out at the start.
   * @default 0
   */
  readonly offset?: number | undefined;
}

/** What the tool that describes tools takes. */
export interface DetailsInput {
  /** 1 to 20 names like `github.create_issue`. */
  readonly tools: readonly string[];
}

/** What the tool that runs programs takes. */
export interface ExecuteInput {
  /** The program: TypeScript or JavaScript. */
  readonly code: string;
  /** A name: programs with the same one share declarations and files, in the scope of the tools. */
  readonly session?: string | undefined;
}

/** What the tools of an agent take, as JSON Schema. Every request pays for it: what the name says has no description. */
export const SEARCH_INPUT = {
  type: "object",
  properties: {
    query: { type: "string", description: "Words in any language" },
    category: { type: "string" },
    limit: { type: "integer", minimum: 1, maximum: 200, default: 10 },
    offset: { type: "integer", minimum: 0 },
  },
  additionalProperties: false,
} as const;

export const DETAILS_INPUT = {
  type: "object",
  properties: {
    tools: {
      type: "array",
      items: { type: "string" },
      minItems: 1,
      maxItems: 20,
      description: 'Like "github.create_issue"',
    },
  },
  required: ["tools"],
  additionalProperties: false,
} as const;

export const EXECUTE_INPUT = {
  type: "object",
  properties: {
    code: { type: "string" },
    session: { type: "string", description: "A name, to go on with what its programs declared" },
  },
  required: ["code"],
  additionalProperties: false,
} as const;

/** The same where programs run in the session of their chat. */
export const CHAT_INPUT = {
  ...EXECUTE_INPUT,
  properties: {
    ...EXECUTE_INPUT.properties,
    session: {
      type: "string",
      description: "A name, for another session than that of this chat, which is the default",
    },
  },
} as const;
