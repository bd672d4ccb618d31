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
