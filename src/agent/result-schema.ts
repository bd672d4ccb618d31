/** ExecutionResult as JSON Schema, for hosts that check or show structured results. */
const text = { type: "string" } as const;
const number = { type: "number" } as const;

export const RESULT_SCHEMA = {
  type: "object",
  properties: {
    ok: { type: "boolean", description: "Whether the program succeeded" },
    value: {
      description: "What the program returned; absent when it returned nothing",
      anyOf: ["object", "array", "string", "number", "boolean", "null"].map((type) => ({ type })),
    },
    error: {
      type: "object",
      properties: {
        code: text,
        name: text,
        message: text,
        line: { type: "integer" },
        column: { type: "integer" },
        frame: { type: "string", description: "The lines around the place of the error" },
        hint: { type: "string", description: "What to do next" },
        tool: text,
      },
      required: ["code", "name", "message"],
    },
    logs: {
      type: "array",
      items: { type: "object", properties: { level: text, text }, required: ["level", "text"] },
    },
    calls: {
      type: "array",
      description: "The first tool calls; usage.toolCalls counts all",
      items: {
        type: "object",
        properties: { tool: text, ok: { type: "boolean" }, ms: number, bytes: number, error: text },
        required: ["tool", "ok", "ms", "bytes"],
      },
    },
    usage: {
      type: "object",
      properties: {
        engine: text,
        placement: text,
        wallMs: number,
        cpuMs: number,
        peakBytes: number,
        toolCalls: number,
        bytesIn: number,
        bytesOut: number,
      },
    },
    truncated: { type: "object", properties: { value: number, logs: number, calls: number } },
    tokens: {
      type: "object",
      description: "What the run cost a model and what it was spared, where tokens are counted",
      properties: {
        tokenizer: text,
        catalogue: { ...number, description: "Of what a model is shown at the start" },
        program: number,
        value: {
          ...number,
          description: "Of the value or the error, before it is cut for an answer",
        },
        logs: number,
        results: { ...number, description: "Of the tools' results, which went to the program" },
        hidden: { ...number, description: "The same as `results`: its old name", deprecated: true },
        uncountedBytes: {
          type: "object",
          description: "Bytes that are not in these numbers",
          properties: {
            catalogue: number,
            program: number,
            value: number,
            logs: number,
            results: number,
            hidden: { ...number, deprecated: true },
          },
        },
      },
      required: ["tokenizer", "catalogue", "program", "value", "logs", "results", "hidden"],
    },
    runId: text,
  },
  required: ["ok", "logs", "calls", "usage", "runId"],
} as const;
