/** The token benchmark for servers of one's own: `codecell/bench`. */
export { loadModel, type ModelAdapter, type ModelReply, type ModelRequest } from "./adapter.ts";
export { benchTokens, type BenchOptions } from "./bench.ts";
export { configWorld } from "./config-world.ts";
export type { Tokens } from "./count.ts";
export type { Block, Definition, Message, Part } from "./messages.ts";
export type {
  Bill,
  Billed,
  BreakEven,
  CatalogueCount,
  CatalogueResult,
  ModelRun,
  TokenResults,
  Way,
  WayCount,
  WorkloadResult,
} from "./results.ts";
export { tokenSections } from "./sections.ts";
export type { Mistake, Outcome, Workload, World } from "./workload.ts";
