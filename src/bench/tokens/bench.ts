/** The token benchmark: measures worlds one after the other. */
import { VERSION } from "../../core/version.ts";
import { CodecellError } from "../../index.ts";
import { loadTokenizer, TOKENIZER_NAMES } from "../../tokens/tokenizers.ts";
import { describeMachine, packageVersion } from "../machine.ts";
import type { ModelAdapter } from "./adapter.ts";
import { measureCatalogue } from "./catalogue.ts";
import { remembering, type Tokens } from "./count.ts";
import { measureWorkload } from "./measure.ts";
import { runModel } from "./model.ts";
import { NOTES } from "./notes.ts";
import { OpenWorld } from "./open-world.ts";
import type {
  BreakEven,
  CatalogueResult,
  ModelRun,
  TokenResults,
  WorkloadResult,
} from "./results.ts";
import type { Workload, World } from "./workload.ts";

/** Options of {@link benchTokens}. */
export interface BenchOptions {
  /** The servers and workloads to measure, one world after the other. */
  readonly worlds: readonly World[];
  /** A model that does every workload itself, in addition to the given programs. @default none */
  readonly model?: ModelAdapter;
  /** Tokenizers that count; charts use the first. @default all that are installed */
  readonly tokenizers?: readonly Tokens[];
  /** Receives a line of progress for each step. @default none */
  readonly log?: (line: string) => void;
}

/** Results that are collected while worlds are measured. */
interface Findings {
  readonly catalogues: CatalogueResult[];
  readonly workloads: WorkloadResult[];
  readonly breakEven: BreakEven[];
  readonly models: ModelRun[];
  readonly problems: string[];
}

/**
 * Starts the servers of each world, runs every workload against them and counts what a model would read and write.
 * Servers and workloads that fail are listed in `problems`; the others are measured all the same.
 * @throws CodecellError `config_error` if no tokenizer is installed, or the options of a world are invalid
 */
export async function benchTokens(options: BenchOptions): Promise<TokenResults> {
  const { worlds, model, log = () => {} } = options;
  const problems: string[] = [];
  const tokenizers = (options.tokenizers ?? (await installedTokenizers(problems))).map(remembering);
  const findings: Findings = { catalogues: [], workloads: [], breakEven: [], models: [], problems };
  for (const world of worlds) {
    await measureWorld(world, tokenizers, findings, log);
    if (model !== undefined) await modelRuns(world, model, tokenizers, findings, log);
  }
  return {
    format: 1,
    kind: "tokens",
    at: new Date().toISOString(),
    machine: describeMachine(),
    versions: await versions(),
    tokenizers: tokenizers.map(({ name, exactFor }) => ({ name, exactFor })),
    ...findings,
    notes: NOTES,
  };
}

async function measureWorld(
  world: World,
  tokenizers: readonly Tokens[],
  findings: Findings,
  log: (line: string) => void,
): Promise<void> {
  log(`${world.title}: starting the servers`);
  await using open = await OpenWorld.open(world);
  const catalogue = await measureCatalogue(open, world, tokenizers);
  findings.catalogues.push(catalogue);
  for (const { failure } of catalogue.servers)
    if (failure !== undefined) findings.problems.push(`${world.id}: ${failure}`);
  log(`${world.title}: ${catalogue.tools} tools`);
  for (const workload of feasible(world, catalogue)) {
    log(`${world.title}: ${workload.title}`);
    try {
      const measured = await measureWorkload(open, world.id, workload, tokenizers);
      findings.workloads.push(measured.result);
      findings.breakEven.push(...measured.breakEven);
    } catch (error) {
      findings.problems.push(`${world.id}, ${workload.id}: ${messageOf(error)}`);
    }
  }
}

function feasible({ workloads }: World, { servers }: CatalogueResult): Workload[] {
  const started = new Set(servers.filter(({ tools }) => tools > 0).map(({ name }) => name));
  return workloads.filter(({ servers: needed = [] }) => needed.every((name) => started.has(name)));
}

/** Starts fresh servers for each run: changes made by one model run must not affect the next. */
async function modelRuns(
  world: World,
  model: ModelAdapter,
  tokenizers: readonly Tokens[],
  findings: Findings,
  log: (line: string) => void,
): Promise<void> {
  const catalogue = findings.catalogues.at(-1)!;
  for (const workload of feasible(world, catalogue)) {
    for (const way of ["direct", "code"] as const) {
      log(`${world.title}: ${workload.title}, by the model (${way})`);
      await using open = await OpenWorld.open(world);
      findings.models.push(await runModel(open, world.id, workload, way, model, tokenizers));
    }
  }
}

async function installedTokenizers(problems: string[]): Promise<Tokens[]> {
  const loading = await Promise.allSettled(TOKENIZER_NAMES.map(loadTokenizer));
  const loaded = loading.filter((one) => one.status === "fulfilled").map(({ value }) => value);
  for (const one of loading)
    if (one.status === "rejected")
      problems.push(`${messageOf(one.reason)}; its counts are missing`);
  if (loaded.length > 0) return loaded;
  throw new CodecellError(
    "config_error",
    "counting tokens needs a tokenizer, and none is installed",
    {
      hint: "npm install tiktoken @anthropic-ai/tokenizer",
    },
  );
}

async function versions(): Promise<Record<string, string>> {
  const packages = ["tiktoken", "@anthropic-ai/tokenizer"];
  const found = await Promise.all(
    packages.map(async (name) => [name, (await packageVersion(name)) ?? "not found"] as const),
  );
  return { codecell: VERSION, ...Object.fromEntries(found) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
