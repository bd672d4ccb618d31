import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { CodecellError, messageOf } from "../core/errors.ts";
import { nodeProblem, runtimeName } from "../core/node-version.ts";
import { createRuntime, type EngineName } from "../index.ts";
import { engineRef, ENGINES } from "../placement/open-place.ts";
import { probeEngine } from "../placement/process.ts";
import { findTypeScript } from "../preflight/find-typescript.ts";
import { findConfig, userServers } from "../tools/config/load-config.ts";
import { readArguments } from "./arguments.ts";
import { paint, printable, printJson } from "./output.ts";
import { FOUND, foundJson, howToTrust, isTrustedByEnvironment } from "./trust/found-config.ts";
import { readFound } from "./trust/found-file.ts";
import { readTrust, trustOf } from "./trust/store.ts";

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly hint?: string | undefined;
}

/** `codecell doctor`: what works here. Exit code 1 when no engine does. */
export async function doctor(args: string[]): Promise<number> {
  const { values } = readArguments(args, { json: { type: "boolean" } }, 0);
  const engines = await Promise.all(ENGINES.map(checkEngine));
  const working = ENGINES.find((_name, at) => engines[at]!.ok);
  const checks = [
    checkNode(),
    ...engines,
    await checkSandbox(working),
    checkTypes(),
    await checkConfig(),
  ];
  const ok = engines.some((check) => check.ok);
  if (values["json"] === true) printJson({ ok, checks });
  else process.stdout.write(checks.map(line).join(""));
  return ok ? 0 : 1;
}

function line({ name, ok, detail, hint }: Check): string {
  const mark = ok ? paint("green", "ok  ") : paint("yellow", "no  ");
  const advice = hint === undefined ? "" : `${" ".repeat(22)}${printable(hint)}\n`;
  return `${mark} ${name.padEnd(16)} ${printable(detail)}\n${advice}`;
}

function checkNode(): Check {
  const { v8 } = process.versions;
  const problem = nodeProblem();
  return {
    name: "node",
    ok: problem === undefined,
    detail: problem?.message ?? `${runtimeName()}, V8 ${v8}, ${process.platform} ${process.arch}`,
    hint: problem?.hint,
  };
}

/** In a child process: a native module that does not fit can crash the process that loads it. */
async function checkEngine(name: (typeof ENGINES)[number]): Promise<Check> {
  try {
    await probeEngine(engineRef(name));
    return { name: `engine ${name}`, ok: true, detail: "boots in a worker process" };
  } catch (error) {
    return { name: `engine ${name}`, ok: false, ...failureOf(error) };
  }
}

/** Whether types of programs can be checked; all else works without. */
function checkTypes(): Check {
  const name = "type check";
  try {
    return { name, ok: true, detail: `TypeScript ${findTypeScript().version}` };
  } catch (error) {
    return { name, ok: false, ...failureOf(error) };
  }
}

/** What commands here would read. Nothing of it is started. */
async function checkConfig(): Promise<Check> {
  const name = "config";
  try {
    const path = await findConfig(process.cwd());
    if (path === undefined) return { name, ok: true, detail: "none here" };
    if (path === userServers()) return { name, ok: true, detail: `${path}, which is yours` };
    const file = await readFound(path);
    foundJson(file);
    if (isTrustedByEnvironment()) return { name, ok: true, detail: `${path}: CODECELL_TRUST is 1` };
    const store = await readTrust();
    const state = trustOf(store, file);
    if (state === "trusted") return { name, ok: true, detail: `${path} is trusted` };
    const problem = store.problem === undefined ? "" : `; ${store.problem}`;
    return { name, ok: false, detail: `${path} ${FOUND[state]}${problem}`, hint: howToTrust(file) };
  } catch (error) {
    return { name, ok: false, ...failureOf(error) };
  }
}

function failureOf(error: unknown): Pick<Check, "detail" | "hint"> {
  return { detail: messageOf(error), hint: CodecellError.is(error) ? error.hint : undefined };
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
    return { name, ok: false, ...failureOf(error) };
  }
}

async function toolOf(): Promise<string> {
  if (process.platform === "darwin") return "sandbox-exec";
  const { stdout } = await promisify(execFile)("bwrap", ["--version"]);
  return stdout.trim();
}
