/** What the tools of an agent take, as JSON Schema. */
export const SEARCH_INPUT = {
  type: "object",
  properties: {
    query: {
      type: "string",
      description:
        "Words, in any language. Without it: the tools of the category, or all categories",
    },
    category: { type: "string", description: "Only in this category" },
    detail: {
      type: "string",
      enum: ["name", "summary", "parameters", "full"],
      description: "How much of each tool; default parameters",
    },
    limit: { type: "integer", minimum: 1, maximum: 200, description: "Default 10" },
    offset: { type: "integer", minimum: 0, description: "To go on where the last answer ended" },
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
    code: { type: "string", description: "The program: TypeScript or JavaScript" },
    session: {
      type: "string",
      pattern: "^[\\w.:@-]{1,200}$",
      description: "Keep variables and files for later programs with the same name here",
    },
  },
  required: ["code"],
  additionalProperties: false,
} as const;
