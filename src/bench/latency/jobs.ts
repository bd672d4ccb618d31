/** The jobs that every subject does. */
import type { Subject } from "./subject.ts";
import { ROWS_EXPRESSION, rowsOf } from "./world.ts";

export interface Job {
  readonly id: string;
  /** A short column heading. */
  readonly title: string;
  readonly group: string;
  /** What it measures, in one sentence. */
  readonly what: string;
  /** Body of an async function. */
  code(call: Subject["call"]): string;
  /** The expected result; any other is an error. */
  readonly value: unknown;
  /** Number of concurrent runs. @default 1 */
  readonly atOnce?: number;
  /** Pause before each run in ms, not measured: the time in which a model thinks. @default none */
  readonly pauseMs?: number;
}

const KB = 1_024;
const SIZES = { "1k": KB, "100k": 100 * KB, "1m": KB * KB, "10m": 10 * KB * KB } as const;
const FILTERED_BYTES = 1_250_000;

const ORDINARY = (call: Subject["call"]): string => `
const status = { open: 0, closed: 0 };
const seen = new Map();
const first = await ${call("echo", "{ page: 1, ids: [1, 2, 3, 4, 5, 6, 7, 8] }")};
for (const id of first.ids) {
  const key = id % 2 === 0 ? "even" : "odd";
  const list = seen.get(key) ?? [];
  list.push({ id, label: \`item-\${id}\` });
  seen.set(key, list);
}
const wanted = [...seen.keys()].sort();
const [a, b, c] = await Promise.all([
  ${call("echo", '{ name: "north", open: 3 }')},
  ${call("echo", '{ name: "south", open: 0 }')},
  ${call("echo", '{ name: "east", open: 5 }')},
]);
for (const region of [a, b, c]) {
  if (region.open > 0) {
    status.open += region.open;
  } else {
    status.closed += 1;
  }
}
const words = "a small text with a few words and a few letters".split(" ");
const counts = {};
for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
const top = Object.entries(counts).sort((x, y) => y[1] - x[1] || (x[0] < y[0] ? -1 : 1))[0];
const last = await ${call("echo", "{ total: status.open, keys: wanted, top: top[0] }")};
return { total: last.total, closed: status.closed, keys: last.keys.join(","), top: last.top };
`;

/** A tool returns a result of `bytes` to the program. */
export const resultJob = (name: string, bytes: number): Job => ({
  id: `in-${name}`,
  title: `${name.toUpperCase()}B in`,
  group: "payloads in",
  what: `A tool's result of ${name.toUpperCase()}B comes into the program.`,
  code: (call) => `return (await ${call("rows", `{ bytes: ${bytes} }`)}).length`,
  value: rowsOf(bytes).length,
});

const argumentJob = (name: string, bytes: number): Job => ({
  id: `out-${name}`,
  title: `${name.toUpperCase()}B out`,
  group: "payloads out",
  what: `The program makes ${name.toUpperCase()}B of rows and passes them to a tool.`,
  code: (call) => `return (await ${call("sink", ROWS_EXPRESSION(bytes))}).received`,
  value: rowsOf(bytes).length,
});

/** `count` calls, one after the other. */
export const callsJob = (count: number): Job => ({
  id: `calls-${count}`,
  title: `${count.toLocaleString("en")} in turn`,
  group: "calls",
  what: `${count.toLocaleString("en")} calls one after the other.`,
  code: (call) =>
    `let sum = 0; for (let i = 0; i < ${count}; i++) sum += await ${call("echo", "i")}; return sum`,
  value: (count * (count - 1)) / 2,
});

const MAIN: readonly Job[] = [
  {
    id: "trivial",
    title: "trivial",
    group: "runs",
    what: "One warm run of `return 1 + 1`, after a pause as between two turns of a model.",
    code: () => "return 1 + 1",
    value: 2,
    pauseMs: 12,
  },
  {
    id: "trivial-loop",
    title: "back to back",
    group: "runs",
    what: "The same without a pause: nothing can be prepared ahead.",
    code: () => "return 1 + 1",
    value: 2,
  },
  {
    id: "ordinary",
    title: "30 lines, 5 calls",
    group: "runs",
    what: "A program of 30 lines with five calls, three of them at once, after a pause.",
    code: ORDINARY,
    value: { total: 8, closed: 1, keys: "even,odd", top: "a" },
    pauseMs: 12,
  },
  {
    id: "runs-20",
    title: "20 at once",
    group: "runs",
    what: "20 runs at once, each waiting for a tool of 50 ms.",
    code: (call) => `return await ${call("slow", "7")}`,
    value: 7,
    atOnce: 20,
  },
  {
    id: "runs-200",
    title: "200 at once",
    group: "runs",
    what: "200 runs at once, each waiting for a tool of 50 ms.",
    code: (call) => `return await ${call("slow", "7")}`,
    value: 7,
    atOnce: 200,
  },
  {
    id: "call-1",
    title: "1 call",
    group: "calls",
    what: "One call of a tool that answers at once, after a pause.",
    code: (call) => `return await ${call("echo", "5")}`,
    value: 5,
    pauseMs: 12,
  },
  callsJob(1_000),
  {
    id: "calls-parallel-100",
    title: "100 at once",
    group: "calls",
    what: "A hundred calls in one `Promise.all`.",
    code: (call) =>
      `const all = await Promise.all(Array.from({ length: 100 }, (_, i) => ${call("echo", "i")})); return all.length`,
    value: 100,
  },
  {
    id: "slow-10",
    title: "10 × 50 ms at once",
    group: "calls",
    what: "Ten tools of 50 ms in one `Promise.all`: 50 ms where calls are parallel, 500 where they are not.",
    code: (call) =>
      `const all = await Promise.all(Array.from({ length: 10 }, (_, i) => ${call("slow", "i")})); return all.length`,
    value: 10,
  },
  {
    id: "cpu-fib",
    title: "fib(27)",
    group: "computing",
    what: "Function calls and integers.",
    code: () => "const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2)); return fib(27)",
    value: 196_418,
  },
  {
    id: "cpu-json",
    title: "JSON",
    group: "computing",
    what: "1 MB of JSON written and read back.",
    code: () =>
      `const list = ${ROWS_EXPRESSION(KB * KB)}; return JSON.parse(JSON.stringify(list)).length`,
    value: rowsOf(KB * KB).length,
  },
  {
    id: "cpu-sort",
    title: "sort",
    group: "computing",
    what: "50,000 numbers sorted by a function.",
    code: () =>
      "let x = 1; const list = Array.from({ length: 50000 }, () => (x = (x * 48271) % 2147483647)); list.sort((a, b) => a - b); return list[0] < list[49999]",
    value: true,
  },
  {
    id: "cpu-string",
    title: "text",
    group: "computing",
    what: "20,000 lines of text split, matched and counted.",
    code: () =>
      "const lines = Array.from({ length: 20000 }, (_, i) => `2026-01-01 ERROR code=${i % 50} at=host${i % 7}`); const counts = {}; for (const line of lines) { const m = /code=(\\d+)/.exec(line); counts[m[1]] = (counts[m[1]] ?? 0) + 1; } return Object.keys(counts).length",
    value: 50,
  },
];

const FILTER: Job = {
  id: "filter",
  title: "1.25 MB filtered",
  group: "payloads in",
  what: "A tool's 12,500 rows filtered in the program.",
  code: (call) =>
    `return (await ${call("rows", `{ bytes: ${FILTERED_BYTES} }`)}).filter((row) => row.status === "failed").length`,
  value: rowsOf(FILTERED_BYTES).filter(({ status }) => status === "failed").length,
};

export const JOBS: readonly Job[] = [
  ...MAIN,
  ...Object.entries(SIZES).map(([name, bytes]) => resultJob(name, bytes)),
  FILTER,
  ...Object.entries(SIZES).map(([name, bytes]) => argumentJob(name, bytes)),
];
