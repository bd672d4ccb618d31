/** Shapes of results that servers do not declare, learned from results: kinds and names of properties, never values. */
import type { JsonSchema } from "../tools/tool.ts";
import { mergeShapes, shapeOf } from "./shape.ts";
import type { ObservedResult } from "./types/tree.ts";

/** What is known of one tool's results. */
export interface LearnedShape extends ObservedResult {
  readonly server: string;
  readonly tool: string;
  /** Counts the times that the shape has changed. */
  readonly version: number;
  readonly schema: JsonSchema;
}

export class ObservedShapes {
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

function key(server: string, tool: string): string {
  return JSON.stringify([server, tool]);
}
