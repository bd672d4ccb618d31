import { ProgramCache } from "../compile/cache.ts";
import { compileFailure } from "../compile/compile-error.ts";
import { compile } from "../compile/compile.ts";
import { withDeadline } from "../compile/deadline.ts";
import { cutValue } from "../core/cut-value.ts";
import { CodecellError } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import type { Program } from "../core/program.ts";
import type { Engine, Host, KeepOptions, Outcome, Session } from "../engine/engine.ts";
import { unreadableValue } from "../engine/failed-outcome.ts";
import type { RunRequest } from "./placement.ts";

const programs = new ProgramCache();

/** Compiles a program and runs it in a new VM on this thread. Every place ends up here. */
export async function execute(
  engine: Engine,
  request: RunRequest,
  host: Host,
  signal: AbortSignal,
): Promise<Outcome> {
  const { limits, names } = request;
  return await compileAndRun(request, false, async (program) => {
    await using session = await engine.open(limits);
    return await session.run(program, names, host, signal);
  });
}

/** Compiles a program and runs it in a kept VM. */
export async function executeIn(
  session: Session,
  request: RunRequest,
  host: Host,
  signal: AbortSignal,
): Promise<Outcome> {
  const { limits, names, resume = false } = request;
  return await compileAndRun(request, true, async (program) =>
    resume
      ? await session.resume!(program, names, host, signal, limits)
      : await session.run(program, names, host, signal, limits),
  );
}

/**
 * Opens a VM for any number of runs.
 * @throws CodecellError `config_error` when the engine has no sessions, or cannot restore the saved VM
 */
export async function openKept(
  engine: Engine,
  limits: Limits,
  keep: KeepOptions,
): Promise<Required<Session>> {
  if (engine.keeps !== true)
    throw new CodecellError("config_error", `the engine ${engine.name} has no sessions`, {
      hint: "An engine says that it can keep a VM from run to run by its property `keeps`.",
    });
  return (await engine.open(limits, keep)) as Required<Session>;
}

async function compileAndRun(
  { source, limits, timeZone }: RunRequest,
  keep: boolean,
  run: (program: Program) => Promise<Outcome>,
): Promise<Outcome> {
  const options = { sourceBytes: limits.sourceBytes, keep };
  const started = performance.now();
  let program: Program;
  try {
    program = programs.get(source, options, (work) => withDeadline(limits.compileMs, work));
  } catch (error) {
    const usage = { cpuMs: 0, peakBytes: 0, compileMs: performance.now() - started };
    return { ok: false, error: compileFailure(error, limits.compileMs), usage, clean: true };
  }
  const compileMs = performance.now() - started;
  const placed = timeZone === undefined ? program : { ...program, timeZone };
  const { usage, ...outcome } = presented(await run(placed), limits);
  return { ...outcome, usage: { ...usage, compileMs } };
}

/** The outcome with its value as the host reads it. The time for that is the program's: it decides how much there is to do. */
function presented(outcome: Outcome, { resultBytes }: Limits): Outcome {
  if (!outcome.ok || outcome.value === undefined) return outcome;
  const { usage, clean } = outcome;
  const started = performance.now();
  try {
    const { text, cutBytes } = cutValue(outcome.value, resultBytes);
    const cpuMs = usage.cpuMs + performance.now() - started;
    return { ...outcome, value: text, cutBytes, usage: { ...usage, cpuMs } };
  } catch {
    return { ok: false, error: unreadableValue(), usage, clean };
  }
}

/** Compiles a small program, so that the first real one does not have to wait until the compiler is loaded and optimised. */
export function warmCompiler(): void {
  compile("const warm: number = await Promise.resolve(1);\nwarm", { sourceBytes: 1_000 });
}
