/** The tools of the jobs, and values of a given size. */
import type { World } from "./subject.ts";

/** Duration of the slow tool, in ms. */
export const SLOW_MS = 50;
/** How long the tool `meet` waits for its other callers, in ms. */
const MEET_MS = 400;
/** Approximate size of a row as JSON. */
const ROW_BYTES = 100;

export interface Row {
  readonly id: number;
  readonly merchant: string;
  readonly amount: number;
  readonly status: "failed" | "settled";
  readonly at: string;
}

/** Rows of about `bytes` bytes of JSON; deterministic. */
export function rowsOf(bytes: number): readonly Row[] {
  const known = made.get(bytes);
  if (known !== undefined) return known;
  const rows = Array.from({ length: Math.ceil(bytes / ROW_BYTES) }, (_, id) => rowOf(id));
  made.set(bytes, rows);
  return rows;
}

const made = new Map<number, readonly Row[]>();

function rowOf(id: number): Row {
  return {
    id,
    merchant: `merchant ${id % 97}`,
    amount: Math.round(id * 137.13) / 100,
    status: id % 11 === 0 ? "failed" : "settled",
    at: "2026-01-01T00:00:00.000Z",
  };
}

/** The same rows as an expression of a program. */
export const ROWS_EXPRESSION = (bytes: number): string =>
  `Array.from({ length: ${Math.ceil(bytes / ROW_BYTES)} }, (_, id) => ({ id, merchant: "merchant " + id % 97, ` +
  `amount: Math.round(id * 137.13) / 100, status: id % 11 === 0 ? "failed" : "settled", at: "2026-01-01T00:00:00.000Z" }))`;

export const LIMITS: World["limits"] = { memoryMb: 256, wallMs: 30_000, toolCalls: 100_000 };

export const TOOLS: World["tools"] = {
  echo: async (value) => value,
  slow: async (value) => {
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    return value;
  },
  meet: async (callers) => await meet(callers as number),
  rows: async (args) => rowsOf((args as { bytes: number }).bytes),
  sink: async (value) => ({ received: (value as readonly unknown[]).length }),
  never: () => new Promise(() => {}),
  fails: async () => {
    throw new Error("the till is closed");
  },
};

/** The callers of the tool `meet` that wait. */
let waiting: PromiseWithResolvers<number>[] = [];

/** Waits until `callers` calls are open at the same time, and returns how many there were when it was over. */
async function meet(callers: number): Promise<number> {
  const own = Promise.withResolvers<number>();
  waiting.push(own);
  if (waiting.length >= callers) release();
  const timer = setTimeout(release, MEET_MS);
  return await own.promise.finally(() => clearTimeout(timer));
}

function release(): void {
  for (const { resolve } of waiting) resolve(waiting.length);
  waiting = [];
}
