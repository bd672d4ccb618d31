/** Shapes of results that servers do not declare, learned from results: kinds and names of properties, never values. */
import type { Middleware, ToolCall } from "../tools/tool-call.ts";
import type { JsonSchema } from "../tools/tool.ts";
import { mergeShapes, shapeOf } from "./infer-shape.ts";
import type { ObservedResult } from "./types/tree.ts";

/** What is known of one tool's results. */
export interface LearnedShape extends ObservedResult {
  readonly server: string;
  readonly tool: string;
  /** Counts the times that the shape has changed. */
  readonly version: number;
  readonly schema: JsonSchema;
}

export class LearnedShapes {
  readonly #learned: Map<string, LearnedShape>;
  readonly #onChange: () => void;

  /** @param onChange runs after every observation */
  constructor(known: readonly LearnedShape[] = [], onChange: () => void = () => {}) {
    this.#learned = new Map(known.map((shape) => [key(shape.server, shape.tool), shape]));
    this.#onChange = onChange;
  }

  /** What results of a tool looked like so far. */
  of(server: string, tool: string): LearnedShape | undefined {
    return this.#learned.get(key(server, tool));
  }

  all(): LearnedShape[] {
    return [...this.#learned.values()];
  }

  observe(server: string, tool: string, value: unknown): void {
    const before = this.of(server, tool);
    const shape = shapeOf(value);
    const schema = before === undefined ? shape : mergeShapes(before.schema, shape);
    const isNew = JSON.stringify(schema) !== JSON.stringify(before?.schema);
    const version = (before?.version ?? 0) + (isNew ? 1 : 0);
    const calls = (before?.calls ?? 0) + 1;
    this.#learned.set(key(server, tool), { server, tool, version, calls, schema });
    this.#onChange();
  }
}

/** Learns from every result of a tool that does not declare its shape. */
export function learnShapes(shapes: LearnedShapes): Middleware {
  return async (call, next) => {
    const result = await next(call);
    if (call.info !== undefined && call.info.outputSchema === undefined)
      observe(shapes, call, result.value);
    return result;
  };
}

/** A result that cannot be read (a getter throws) teaches nothing, and is the program's all the same. */
function observe(shapes: LearnedShapes, { server, tool }: ToolCall, value: unknown): void {
  try {
    shapes.observe(server, tool, value);
  } catch {
    // Nothing was learned.
  }
}

function key(server: string, tool: string): string {
  return JSON.stringify([server, tool]);
}
