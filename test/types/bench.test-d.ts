/** Types of `codecell/bench`. Compiled by `tsc`, never run. */
import { expectTypeOf, test } from "vitest";
import {
  type AnyResults,
  benchLatency,
  type BenchOptions,
  benchTokens,
  compareResults,
  type Comparison,
  describeMachine,
  type Executor,
  type LatencyOptions,
  type LatencyResults,
  loadModel,
  type Machine,
  type ModelAdapter,
  renderConsole,
  renderMarkdown,
  renderPage,
  renderSvg,
  type Report,
  reportOf,
  type Section,
  sectionsOf,
  type Subject,
  type TokenResults,
} from "../../src/bench/index.ts";

test("the latency benchmark needs no options and gives results", () => {
  expectTypeOf(benchLatency).parameters.toEqualTypeOf<[options?: LatencyOptions | undefined]>();
  expectTypeOf(benchLatency()).resolves.toEqualTypeOf<LatencyResults>();
  expectTypeOf<LatencyOptions>().toEqualTypeOf<Partial<LatencyOptions>>();
  expectTypeOf<LatencyResults["machine"]>().toEqualTypeOf<Machine>();
  expectTypeOf(describeMachine()).toEqualTypeOf<Machine>();
});

test("the token benchmark takes servers and jobs, and gives results", () => {
  expectTypeOf(benchTokens).parameter(0).toEqualTypeOf<BenchOptions>();
  expectTypeOf(benchTokens).returns.resolves.toEqualTypeOf<TokenResults>();
  expectTypeOf(loadModel).returns.resolves.toEqualTypeOf<ModelAdapter>();
});

test("results of both are compared, reported and drawn", () => {
  expectTypeOf<LatencyResults>().toExtend<AnyResults>();
  expectTypeOf<TokenResults>().toExtend<AnyResults>();
  expectTypeOf(compareResults).returns.toEqualTypeOf<Comparison>();
  expectTypeOf(reportOf([{} as AnyResults])).toEqualTypeOf<Report>();
  expectTypeOf(sectionsOf({} as AnyResults)).toEqualTypeOf<Section[]>();
  expectTypeOf<AnyResults["kind"]>().toEqualTypeOf<"latency" | "tokens">();
  for (const render of [renderConsole, renderMarkdown, renderPage, renderSvg])
    expectTypeOf(render).returns.toBeString();
});

test("a product of one's own is a subject", () => {
  const executor: Executor = {
    run: async (code) => code.length,
    [Symbol.asyncDispose]: async () => {},
  };
  const subject: Subject = {
    id: "mine",
    title: "Mine",
    kind: "peer",
    isolation: "none",
    call: (tool, args) => `${tool}(${args})`,
    start: async ({ tools, limits }) => {
      expectTypeOf(tools["echo"]).parameters.toEqualTypeOf<[args: unknown]>();
      expectTypeOf(limits.wallMs).toBeNumber();
      return executor;
    },
  };
  expectTypeOf(subject).toExtend<Subject>();
});
