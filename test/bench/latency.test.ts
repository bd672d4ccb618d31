/** The latency bench: what it measures, what it says of those who cannot, what it compares. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { compareResults } from "../../src/bench/compare.ts";
import { judgeGoals } from "../../src/bench/latency/goals.ts";
import { GROWTH, growthOf } from "../../src/bench/latency/growth.ts";
import { JOBS } from "../../src/bench/latency/jobs.ts";
import { benchLatency } from "../../src/bench/latency/latency.ts";
import { noiseWarnings } from "../../src/bench/latency/noise.ts";
import {
  type Cell,
  type Figure,
  isFigure,
  type LatencyResults,
  type ProbeCell,
} from "../../src/bench/latency/results.ts";
import { interleave } from "../../src/bench/latency/rounds.ts";
import { latencySections } from "../../src/bench/latency/sections.ts";
import { Absent } from "../../src/bench/latency/subject.ts";
import { behindTable } from "../../src/bench/latency/tables.ts";
import { median, quantile, spread } from "../../src/bench/statistics.ts";
import { temporaryFolder } from "../support/folders.ts";
import { descendants, procFile, until } from "../support/processes.ts";

// A bench measures for as long as it takes, and longer on a busy machine.
vi.setConfig({ testTimeout: 900_000 });

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const MAIN = here("../../dist/cli/main.js");
const PEERS = here("../support/peers");
const STORED_TOKENS = here("../../bench/results/tokens.json");
const run = promisify(execFile);

/** Empty for a process that has just ended. */
function commandLine(pid: number): string {
  try {
    return procFile(pid, "cmdline");
  } catch {
    return "";
  }
}

const cellOf = (cells: readonly Cell[], job: string, subject: string): Cell | undefined =>
  cells.find((cell) => cell.job === job && cell.subject === subject);

const FLOORS: Readonly<Record<string, string>> = {
  "v8-inline": "bare-isolate",
  "quickjs-inline": "bare-quickjs",
};

describe("what is measured", () => {
  test("every job of every subject, beside its floor, in one run", async () => {
    for (const [groups, subjects] of [
      [["calls"], ["async-function", "quickjs-inline", "bare-quickjs"]],
      [
        ["runs", "computing"],
        ["v8-inline", "bare-isolate"],
      ],
    ] as const) {
      const results = await benchLatency({ rounds: 1, subjects, groups });
      const jobs = JOBS.filter(({ group }) => (groups as readonly string[]).includes(group));
      expect(results.jobs.map(({ id }) => id)).toEqual(jobs.map(({ id }) => id));
      for (const { id } of jobs)
        for (const subject of subjects) {
          const cell = cellOf(results.cells, id, subject);
          if (!isFigure(cell)) throw new Error(`${id} of ${subject}: ${cell?.absent ?? "nothing"}`);
          expect(cell.median).toBeGreaterThan(0);
          expect(cell.p99).toBeGreaterThanOrEqual(cell.median);
          expect(cell.ratio?.to).toBe(FLOORS[subject]);
        }
      expect(results.machine.cores).toBeGreaterThan(0);
      expect(results.subjects[0]?.version).toMatch(/^\d+\.\d+/);
    }
  });

  test("starts, sessions and memory, each where it is a question", async () => {
    const subjects = ["quickjs-process", "bare-quickjs"];
    const groups = ["starts", "sessions", "memory"];
    const { cells } = await benchLatency({ rounds: 1, subjects, groups });
    for (const job of ["cold", "cli", "worker-start", "restore", "memory-stored", "memory-after"])
      expect(cellOf(cells, job, "quickjs-process"), job).toHaveProperty("median");
    expect(cellOf(cells, "hardened", "quickjs-process")).toMatchObject({
      absent: "no question",
    });
    expect(cellOf(cells, "restore", "bare-quickjs")).toMatchObject({
      absent: "asked of codecell only",
    });
  });

  test("a subject without a figure has a reason, and the others go on", async () => {
    const { cells, subjects } = await benchLatency({
      rounds: 1,
      peers: PEERS,
      groups: ["runs", "starts"],
      subjects: ["async-function", "wrong", "refusing", "dying", "missing", "shy"],
    });
    const reasons = (job: string): unknown[] =>
      ["wrong", "refusing", "dying", "missing", "shy"].map(
        (subject) => (cellOf(cells, job, subject) as { absent?: string }).absent,
      );
    expect(reasons("trivial")).toEqual([
      "it answered 41",
      "it is not made for trifles",
      "its process ended (code 3)",
      "Cannot find package 'missing'",
      "not today",
    ]);
    expect(reasons("cold")[0]).toBe("it answered 41");
    expect(cellOf(cells, "trivial-loop", "refusing")).toHaveProperty("median");
    expect(cellOf(cells, "trivial", "async-function")).toHaveProperty("median");
    expect(subjects.find(({ id }) => id === "missing")).toMatchObject({ kind: "peer" });
  });

  test("what a product leaves computing is ended with it", async () => {
    const left = (): number[] =>
      descendants(1).filter((pid) => commandLine(pid).includes("codecell-left-behind"));
    const subjects = ["leaving"];
    await benchLatency({ rounds: 1, peers: PEERS, groups: ["knowledge", "memory"], subjects });
    const probes = ["typescript", "loop"];
    const options = { rounds: 1, peers: PEERS, groups: ["capabilities"], subjects, probes };
    const { findings } = await benchLatency(options);
    expect(findings.map(({ probe }) => probe)).toEqual(probes);
    expect(await until(() => left().length === 0)).toBe(true);
  });

  test.each([
    [{ groups: ["rums"] }, "there is no group 'rums'"],
    [{ subjects: ["v9-process"] }, "there is no subject 'v9-process'"],
    [{ probes: ["fly"] }, "there is no probe 'fly'"],
    [{ peers: here("../support") }, "there are no peers in"],
  ])("%j is refused", async (options, message) => {
    await expect(benchLatency(options)).rejects.toMatchObject({
      code: "config_error",
      message: expect.stringContaining(message),
    });
  });
});

describe("what each can do", () => {
  test("codecell in a process keeps every limit and survives every hostile line, on both engines", async () => {
    let subjects = ["v8-process", "quickjs-process"];
    // A busy machine can make a subject late; what a product cannot do, it cannot do the second time either.
    for (let attempt = 0; attempt < 3 && subjects.length > 0; attempt++) {
      const { findings } = await benchLatency({ rounds: 1, groups: ["capabilities"], subjects });
      expect(findings).toHaveLength(subjects.length * 11);
      const missed = findings.filter(({ ok }) => !ok);
      if (attempt === 2) expect(missed).toEqual([]);
      subjects = subjects.filter((subject) =>
        missed.some((finding) => finding.subject === subject),
      );
    }
  });

  test("what a product does wrong is found", async () => {
    const findings: ProbeCell[] = [];
    for (const [subject, probes] of [
      ["wrong", ["typescript", "loop"]],
      ["dying", ["parallel", "hostile"]],
    ] as const) {
      const groups = ["capabilities"];
      const options = { rounds: 1, groups, peers: PEERS, subjects: [subject], probes };
      findings.push(...(await benchLatency(options)).findings);
    }
    const of = (subject: string, probe: string): unknown =>
      findings.find((each) => each.subject === subject && each.probe === probe);
    expect(of("wrong", "typescript")).toMatchObject({ ok: false, shown: "no" });
    expect(of("wrong", "loop")).toMatchObject({ ok: false });
    expect(of("dying", "parallel")).toMatchObject({ ok: false, shown: "host dies" });
    expect(of("dying", "hostile")).toMatchObject({ ok: false, shown: "0 of 12" });
  });
});

describe("figures", () => {
  test("medians, quantiles and spread", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(quantile([5, 1, 4, 2, 3], 0.99)).toBe(5);
    expect(spread([1, 2, 3, 4])).toBeCloseTo(2 / 3);
    expect(() => median([])).toThrow(RangeError);
  });

  test("a ratio is the median of the rounds' ratios, and the first round does not count", async () => {
    const rounds: Record<string, number[]> = { a: [900, 10, 30, 20], floor: [1, 5, 10, 20] };
    const entry = (subject: string) => ({
      subject,
      job: "j",
      measure: async () => [rounds[subject]!.shift()!],
    });
    const floorOf = (subject: string) => (subject === "a" ? "floor" : undefined);
    const cells = await interleave([entry("a"), entry("floor")], 3, floorOf, () => {});
    expect(cells[0]).toEqual({
      job: "j",
      subject: "a",
      median: 20,
      p99: 30,
      samples: 3,
      ratio: { to: "floor", value: 2, spread: (3 - 1) / 2 },
    });
  });

  test("who fails once is not asked again; a fault of the bench itself is not swallowed", async () => {
    let asked = 0;
    const refuse = async (): Promise<never> => {
      asked++;
      throw new Absent("no");
    };
    const entries = [{ subject: "a", job: "j", measure: refuse }];
    expect(
      await interleave(
        entries,
        3,
        () => undefined,
        () => {},
      ),
    ).toEqual([{ job: "j", subject: "a", absent: "no" }]);
    expect(asked).toBe(1);
    const broken = [{ subject: "a", job: "j", measure: () => Promise.reject(new Error("ours")) }];
    await expect(
      interleave(
        broken,
        1,
        () => undefined,
        () => {},
      ),
    ).rejects.toThrow("ours");
  });

  test("a line that is straight has a bend of 1, a square more", () => {
    const [calls] = GROWTH;
    const cellsOf = (cost: (size: number) => number): Cell[] =>
      calls!.sizes.map((size) => ({
        job: calls!.job(size).id,
        subject: "v8-process",
        median: cost(size),
        p99: 0,
        samples: 1,
      }));
    const bend = (cost: (size: number) => number): number =>
      growthOf(cellsOf(cost))[0]!.series[0]!.bend!;
    expect(bend((size) => 5 + size * 2)).toBeCloseTo(1);
    expect(bend((size) => size * size)).toBeGreaterThan(3);
  });

  test("goals are judged on what was measured, and only on that", () => {
    const cells: Cell[] = [
      { job: "runs-20", subject: "v8-process", median: 81, p99: 90, samples: 5 },
      { job: "calls-1000", subject: "v8-process", median: 50, p99: 60, samples: 5 },
    ];
    const goals = judgeGoals(cells, []);
    expect(goals.find(({ id }) => id === "runs-20")).toMatchObject({ measured: 81, met: false });
    expect(goals.find(({ id }) => id === "calls")).toMatchObject({ measured: 50, met: true });
    expect(goals.find(({ id }) => id === "warm")).not.toHaveProperty("met");
  });
});

const sample = (at: string, value: number, time: number): LatencyResults => ({
  format: 1,
  kind: "latency",
  at,
  machine: { cpu: "x", cores: 2, memoryGb: 4, system: "linux x64", node: "26", v8: "14" },
  rounds: 3,
  subjects: [
    { id: "v8-process", title: "codecell", kind: "codecell", isolation: "a process" },
    { id: "peer", title: "peer", kind: "peer", isolation: "none" },
  ],
  jobs: [{ id: "trivial", title: "trivial", group: "runs", what: "One run.", unit: "ms" }],
  cells: [
    {
      job: "trivial",
      subject: "v8-process",
      median: time,
      p99: time,
      samples: 3,
      ratio: { to: "bare-isolate", value, spread: 0.05 },
    },
    { job: "trivial", subject: "peer", absent: "it has no trifles" },
  ],
  probes: [],
  findings: [],
  growth: [],
  goals: [],
});

describe("comparison", () => {
  test("ratios are compared, not times; what is within the noise is the same", () => {
    const before = sample("2026-01-01", 1, 5);
    expect(compareResults(sample("2026-01-02", 1.2, 50), before).regressions).toEqual([]);
    const worse = compareResults(sample("2026-01-02", 1.6, 5), before);
    expect(worse.regressions).toEqual(["trivial, v8-process (× bare-isolate)"]);
    expect(worse.table.rows).toEqual([
      ["trivial, v8-process (× bare-isolate)", "1.00", "1.60", "+60.0 %"],
    ]);
    expect(compareResults(sample("2026-01-02", 0.5, 5), before).regressions).toEqual([]);
  });

  test("what is not there any more is a regression, of codecell's only", () => {
    const before = sample("2026-01-01", 1, 5);
    const findings = (ok: boolean) => [
      { probe: "loop", subject: "v8-process", ok, shown: "hangs" },
      { probe: "loop", subject: "peer", ok, shown: "hangs" },
    ];
    const gone = before.cells.map(({ job, subject }) => ({ job, subject, absent: "it died" }));
    const now = { ...before, cells: gone, findings: findings(false) };
    const { regressions } = compareResults(now, { ...before, findings: findings(true) });
    expect(regressions).toEqual(["trivial, v8-process: it died", "loop, v8-process: hangs"]);
    expect(compareResults(now, now).regressions).toEqual([]);
  });

  test("who was faster than all of ours is named", () => {
    const results = sample("2026-01-01", 1, 5);
    const faster = { job: "trivial", subject: "peer", median: 2, p99: 2, samples: 3 };
    expect(behindTable({ ...results, cells: [results.cells[0]!, faster] }).rows).toEqual([
      ["runs: trivial", "5.00 (codecell)", "2.00 (peer)"],
    ]);
    expect(behindTable(results).rows).toEqual([]);
  });

  test("a noisy machine is told of", () => {
    const results = sample("2026-01-01", 1, 5);
    expect(noiseWarnings(results)).toEqual([]);
    const [figure] = results.cells as [Figure, Cell];
    const noisy = { ...figure, ratio: { ...figure.ratio!, spread: 0.6 } };
    expect(noiseWarnings({ ...results, cells: [noisy] })[0]).toContain("in 1 of 1 ratios");
    expect(noiseWarnings({ ...results, rounds: 1 })[0]).toContain("at least 3");
  });

  test("a gap is shown with its reason", () => {
    const section = latencySections(sample("2026-01-01", 1, 5)).find(({ id }) => id === "runs");
    expect(section?.tables[0]?.rows).toEqual([["codecell", "5.00 (1.00×)"]]);
    const [chart] = section!.charts;
    expect(JSON.stringify(chart)).toContain("it has no trifles");
  });
});

describe("the command line", () => {
  test("prints tables, writes JSON and charts, compares", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "now.json");
    const flags = ["--only", "computing", "--subjects", "quickjs-inline,bare-quickjs"];
    const output = ["--rounds", "1", "--json", file, "--svg", join(folder, "charts.svg")];
    const { stdout } = await run(process.execPath, [MAIN, "bench", "latency", ...flags, ...output]);
    expect(stdout).toMatch(/bare quickjs-emscripten\s+[\d.]+/);
    const results = JSON.parse(readFileSync(file, "utf8")) as LatencyResults;
    expect(results.cells).toHaveLength(8);
    for (const name of ["charts.svg", "charts.dark.svg"])
      expect(readFileSync(join(folder, name), "utf8")).toContain("<svg");
    const cells = results.cells.map((cell) =>
      isFigure(cell) && cell.ratio !== undefined
        ? { ...cell, ratio: { ...cell.ratio, value: cell.ratio.value / 100 } }
        : cell,
    );
    const old = join(folder, "old.json");
    writeFileSync(old, JSON.stringify({ ...results, cells }));
    const again = ["bench", "latency", ...flags, "--rounds", "1", "--compare", old];
    const { stdout: told } = await run(process.execPath, [MAIN, ...again]);
    expect(told).toContain("cpu-fib, quickjs-inline (× bare-quickjs)");
    await expect(run(process.execPath, [MAIN, ...again, "--check"])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining("worse than before: cpu-fib"),
    });
  });

  test.each([
    [["bench"], "there is no bench ''"],
    [["bench", "nothing"], "There are latency, tokens, report"],
    [["bench", "latency", "--only", "x"], "There are runs, calls"],
    [["bench", "latency", "--rounds", "0"], "--rounds is '0'"],
    [["bench", "latency", "--compare", MAIN], "cannot be read"],
    [["bench", "latency", "--compare", STORED_TOKENS], "holds results of bench tokens"],
    [["bench", "latency", "--json", join(MAIN, "no", "x.json")], "x.json cannot be written"],
  ])("%j is refused with what to do", async (args, message) => {
    await expect(run(process.execPath, [MAIN, ...args])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
  });
});
