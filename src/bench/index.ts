/** `codecell/bench`: the benchmarks as a library, of codecell and of one's own servers, programs and products. */
export { compareResults, type Comparison } from "./compare.ts";
export { describeMachine, type Machine } from "./machine.ts";
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
} from "./latency/results.ts";
export {
  Absent,
  type Executor,
  ProgramFailure,
  type Subject,
  type World as LatencyWorld,
} from "./latency/subject.ts";
export { renderConsole } from "./present/console-table.ts";
export { renderMarkdown } from "./present/markdown.ts";
export { renderPage } from "./present/page.ts";
export { renderSvg } from "./present/svg.ts";
export type {
  Bar,
  BarChart,
  Chart,
  LineChart,
  Report,
  Section,
  Table,
} from "./present/presentation.ts";
export { type AnyResults, reportOf, sectionsOf } from "./report.ts";
export * from "./tokens/index.ts";
