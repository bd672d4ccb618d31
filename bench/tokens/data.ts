/** The files that the workloads use: the same in every run. */
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FILES, MEMORY_FILE } from "./tiers.ts";

const ORDERS = fileURLToPath(new URL("../../fixtures/demo/orders", import.meta.url));
const REGIONS = ["north", "south", "east", "west"];
const SPEAKERS = ["Ada", "Ben", "Cleo"];
const SUBJECTS = ["the release", "our largest customer", "the new region", "the failed payments"];
const VERBS = ["needs", "waits for", "is blocked by", "was changed after"];
const OBJECTS = [
  "a decision of the board",
  "the audit in May",
  "two more engineers",
  "the old contract",
];

export const ROWS = 10_000;
/** Length of the document: about the transcript of one or two hours of talk. */
const SENTENCES = 2_000;

/** Writes all files into `folder`, which is new. */
export async function writeData(folder: string): Promise<void> {
  const files = join(folder, FILES);
  await cp(ORDERS, join(files, "orders"), { recursive: true });
  await writeFile(join(files, "rows.csv"), rows());
  await writeFile(join(files, "transcript.md"), sentences(SENTENCES));
  await writeFile(join(files, "notes.md"), sentences(40));
  await resetData(folder);
}

/** Removes what workloads have left. */
export async function resetData(folder: string): Promise<void> {
  await rm(join(folder, MEMORY_FILE), { force: true });
  for (const name of ["out", "repo"]) {
    await rm(join(folder, FILES, name), { recursive: true, force: true });
    await mkdir(join(folder, FILES, name));
  }
}

function rows(): string {
  const next = sequence(1);
  const lines = Array.from({ length: ROWS }, (_, at) => {
    const amount = (1 + (next() % 50_000)) / 100;
    const status = next() % 100 < 4 ? "failed" : "paid";
    return `${at + 1},${REGIONS[next() % REGIONS.length]},${amount.toFixed(2)},${status}`;
  });
  return `id,region,amount,status\n${lines.join("\n")}\n`;
}

function sentences(count: number): string {
  const next = sequence(2);
  const pick = (words: readonly string[]): string => words[next() % words.length]!;
  const lines = Array.from(
    { length: count },
    (_, at) => `${pick(SPEAKERS)} (${at + 1}): ${pick(SUBJECTS)} ${pick(VERBS)} ${pick(OBJECTS)}.`,
  );
  return `# Transcript\n\n${lines.join("\n")}\n`;
}

/** Deterministic pseudo-random integers (xorshift). */
function sequence(seed: number): () => number {
  let state = 2_463_534_242 + seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
