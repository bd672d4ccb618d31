import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { CodecellError, messageOf } from "../core/errors.ts";
import { createRuntime, type EngineName } from "../index.ts";
import { engineRef, ENGINES } from "../placement/open-place.ts";
import { probeEngine } from "../placement/process.ts";
import { readArguments } from "./arguments.ts";
import { paint, printJson } from "./output.ts";

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly hint?: string | undefined;
}

const OLDEST_NODE = 24;

/** `codecell doctor`: what works here. Exit code 1 when no engine does. */
export async function doctor(args: string[]): Promise<number> {
  const { values } = readArguments(args, { json: { type: "boolean" } }, 0);
  const engines = await Promise.all(ENGINES.map(checkEngine));
  const working = ENGINES.find((_name, at) => engines[at]!.ok);
  const checks = [checkNode(), ...engines, await checkSandbox(working)];
  const ok = engines.some((check) => check.ok);
  if (values["json"] === true) printJson({ ok, checks });
  else process.stdout.write(checks.map(line).join(""));
  return ok ? 0 : 1;
}

function line({ name, ok, detail, hint }: Check): string {
  const mark = ok ? paint("green", "ok  ") : paint("yellow", "no  ");
  return `${mark} ${name.padEnd(16)} ${detail}\n${hint === undefined ? "" : `${" ".repeat(22)}${hint}\n`}`;
}

function checkNode(): Check {
  const { node, v8 } = process.versions;
  const ok = Number.parseInt(node, 10) >= OLDEST_NODE;
  const hint = ok ? undefined : `codecell needs Node ${OLDEST_NODE} or later`;
  return {
    name: "node",
    ok,
    detail: `${node}, V8 ${v8}, ${process.platform} ${process.arch}`,
    hint,
  };
}

/** In a child process: a native module that does not fit can crash the process that loads it. */
async function checkEngine(name: (typeof ENGINES)[number]): Promise<Check> {
  try {
    await probeEngine(engineRef(name));
    return { name: `engine ${name}`, ok: true, detail: "boots in a worker process" };
  } catch (error) {
    const hint = CodecellError.is(error) ? error.hint : undefined;
    return { name: `engine ${name}`, ok: false, detail: messageOf(error), hint };
  }
}

/** The real thing: a worker of an engine that works here, inside of it. */
async function checkSandbox(engine: EngineName | undefined): Promise<Check> {
  const name = "sandbox";
  if (engine === undefined) return { name, ok: false, detail: "not tried: no engine works" };
  try {
    await using runtime = await createRuntime({
      engine,
      placement: "sandbox",
      workers: { spare: 0, max: 1 },
    });
    const result = await runtime.run("return 1");
    if (result.ok) return { name, ok: true, detail: `${await toolOf()}; placement auto uses it` };
    return { name, ok: false, detail: result.error.message, hint: result.error.hint };
  } catch (error) {
    const hint = CodecellError.is(error) ? error.hint : undefined;
    return { name, ok: false, detail: messageOf(error), hint };
  }
}

async function toolOf(): Promise<string> {
  if (process.platform === "darwin") return "sandbox-exec";
  const { stdout } = await promisify(execFile)("bwrap", ["--version"]);
  return stdout.trim();
}
