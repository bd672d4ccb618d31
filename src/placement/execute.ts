import { ProgramCache } from "../compile/cache.ts";
import { compile, CompileError } from "../compile/compile.ts";
import { breach } from "../core/breach.ts";
import type { Failure } from "../core/errors.ts";
import type { Program } from "../core/program.ts";
import type { Engine, Host, Outcome } from "../engine/engine.ts";
import { DeadlineError, withDeadline } from "./deadline.ts";
import type { RunRequest } from "./placement.ts";

const programs = new ProgramCache();

/** Compile and run, on this thread. What every place does in the end. */
export async function execute(
  engine: Engine,
  request: RunRequest,
  host: Host,
  signal: AbortSignal,
): Promise<Outcome> {
  const { limits, names, source } = request;
  let program: Program;
  try {
    program = programs.get(source, limits, (work) => withDeadline(limits.compileMs, work));
  } catch (error) {
    return {
      ok: false,
      error: compileFailure(error, limits.compileMs),
      usage: { cpuMs: 0, peakBytes: 0 },
      clean: true,
    };
  }
  await using session = await engine.open(limits);
  return await session.run(program, names, host, signal);
}

/** Compile something, so that the first program does not pay for loading and optimising the compiler. */
export function warmCompiler(): void {
  compile("const warm: number = await Promise.resolve(1);\nwarm", { sourceBytes: 1_000 });
}

/** What is told of a program that does not compile. Throws what is no fault of the program. */
export function compileFailure(error: unknown, compileMs: number): Failure {
  if (error instanceof DeadlineError) {
    return breach(
      "cpu_limit",
      `the program took more than ${compileMs} ms to compile`,
      "compileMs",
    );
  }
  if (!(error instanceof CompileError)) throw error;
  const { code, message, line, column, hint } = error;
  const position = {
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
  return {
    code,
    name: "SyntaxError",
    message,
    ...position,
    ...(hint === undefined ? {} : { hint }),
  };
}
