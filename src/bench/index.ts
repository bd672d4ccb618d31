/** `codecell/bench`: the benchmarks as a library, for codecell and for your own servers, programs and products. */
import "../core/check-node.ts";
export { compareResults, type Comparison } from "./compare.ts";
export { benchLatency, type LatencyOptions } from "./latency/latency.ts";
export type {
  Cell,
  Figure,
  Gap,
  Goal,
  GrowthResult,
  JobFacts,
  LatencyResults,
  ProbeCell,
  ProbeFacts,
} from "./latency/results.ts";
export {
  Absent,
  type Executor,
  ProgramFailure,
  type Subject,
  type SubjectFacts,
  type World as LatencyWorld,
} from "./latency/subject.ts";
export type { Finding } from "./latency/probes.ts";
export { describeMachine, type Machine } from "./machine.ts";
export { renderConsole } from "./present/console-table.ts";
export { renderMarkdown } from "./present/markdown.ts";
export { renderPage } from "./present/page.ts";
export type {
  Bar,
  BarChart,
  Chart,
  LineChart,
  Report,
  Role,
  Section,
  Table,
} from "./present/presentation.ts";
export { renderSvg } from "./present/svg.ts";
export type { ThemeName } from "./present/theme.ts";
export { type AnyResults, reportOf, sectionsOf } from "./report.ts";
export {
  loadModel,
  type ModelAdapter,
  type ModelReply,
  type ModelRequest,
} from "./tokens/adapter.ts";
export { benchTokens, type BenchOptions } from "./tokens/bench.ts";
export { configWorld } from "./tokens/config-world.ts";
export type { Tokens } from "./tokens/count.ts";
export type { Block, Definition, Message, Part } from "./tokens/messages.ts";
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
} from "./tokens/results.ts";
export { tokenSections } from "./tokens/sections.ts";
export type { Mistake, Outcome, Workload, World } from "./tokens/workload.ts";
