/** What the definitions of tools cost a model at the start of each conversation, before and after. */
import { agentTools } from "../../agent/agent-tools.ts";
import { createRuntime } from "../../index.ts";
import { type Counter, Counting, openCounter } from "../../tokens/counter.ts";
import { TOKENIZER_NAMES } from "../../tokens/tokenizers.ts";
import type { Trial } from "./trial.ts";

export interface TokensSaved {
  /** Of the servers that go behind codecell. */
  readonly before: number;
  /** Of codecell's three. */
  readonly after: number;
  /** What counted: a tokenizer, or that it is an estimate. */
  readonly counted: string;
}

const CHARS_PER_TOKEN = 4;

export async function tokensSaved(trials: readonly Trial[]): Promise<TokensSaved> {
  const before = trials.flatMap(({ name, tools }) =>
    tools.map((tool) => definition(`mcp__${name}__${tool.name}`, tool)),
  );
  const counter = await installedCounter();
  const count = async (texts: readonly string[]): Promise<number> => {
    const text = texts.join("\n");
    if (counter === undefined) return Math.ceil(text.length / CHARS_PER_TOKEN);
    const { tokens, uncountedBytes } = await new Counting(counter).count(text);
    return tokens + Math.ceil(uncountedBytes / CHARS_PER_TOKEN);
  };
  return {
    before: await count(before),
    after: await count(await ownDefinitions()),
    counted: counter?.name ?? "an estimate, characters / 4; npm install tiktoken counts",
  };
}

/** The engine that needs nothing native: nothing is run. */
async function ownDefinitions(): Promise<string[]> {
  await using runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    workers: { spare: 0 },
  });
  return agentTools(runtime).map((tool) => definition(`mcp__codecell__${tool.name}`, tool));
}

interface Defined {
  readonly description?: string;
  readonly inputSchema?: unknown;
}

/** As hosts give a tool to a model. */
function definition(name: string, { description, inputSchema }: Defined): string {
  return JSON.stringify({ name, description, input_schema: inputSchema });
}

async function installedCounter(): Promise<Counter | undefined> {
  const opened = TOKENIZER_NAMES.map((name) => openCounter(name).catch(() => undefined));
  return (await Promise.all(opened)).find((counter) => counter !== undefined);
}
