import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { CodecellError, messageOf } from "../core/errors.ts";
import { isObject } from "../core/is-object.ts";
import { codecellHome } from "../core/private-files.ts";
import type { ExecutionResult, LogEntry, TokenUsage } from "../core/result.ts";
import { type ConfigFile, createRuntime, type RuntimeOptions } from "../index.ts";
import {
  parseDuration,
  parseMemory,
  readArguments,
  RUNTIME_FLAGS,
  runtimeOptions,
} from "./arguments.ts";
import { printableJson } from "../core/one-line.ts";
import { fail, note, paint, printable, printJson } from "./output.ts";

const INTERRUPTED = 130;

const FLAGS = {
  ...RUNTIME_FLAGS,
  timeout: { type: "string" },
  memory: { type: "string" },
  "type-check": { type: "boolean" },
  session: { type: "string" },
} as const;

/** `codecell run FILE|-` */
export async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, FLAGS, 1);
  const [file] = positionals;
  if (file === undefined) {
    throw new CodecellError("config_error", "which program?", {
      hint: "codecell run FILE, or codecell run - for standard input.",
    });
  }
  const limits = {
    ...(typeof values["timeout"] === "string"
      ? { wallMs: parseDuration("--timeout", values["timeout"]) }
      : {}),
    ...(typeof values["memory"] === "string"
      ? { memoryMb: parseMemory("--memory", values["memory"]) }
      : {}),
  };
  const options = await runtimeOptions(values); // which may ask on the terminal that the program comes from
  const code = await readProgram(file);
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  const name = values["session"] as string | undefined;
  await using runtime = await createRuntime({
    ...options,
    limits,
    workers: { spare: 0 },
    ...(name === undefined ? {} : keptSessions(options.config)),
  });
  const json = values["json"] === true;
  const place = name === undefined ? runtime : await runtime.session(name);
  const result = await place.run(code, {
    signal: interrupt.signal,
    ...(json ? {} : { onLog: printLog }),
  });
  if (json) printJson(result);
  else printResult(result, file);
  if (interrupt.signal.aborted) return INTERRUPTED;
  return result.ok ? 0 : 1;
}

/** A session of this command has to outlive it; where the config names no store, it is kept in a file of the user. */
function keptSessions(file: ConfigFile | undefined): Pick<RuntimeOptions, "sessions"> {
  const given = file?.settings?.["sessions"] ?? {};
  if (!isObject(given) || given["store"] !== undefined) return {};
  return { sessions: { ...given, store: `sqlite:${join(codecellHome(), "sessions.db")}` } };
}

async function readProgram(file: string): Promise<string> {
  if (file === "-") return await text(process.stdin);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new CodecellError("config_error", `the program cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function printLog({ level, text: line }: LogEntry): void {
  const style = level === "error" ? "red" : level === "warn" ? "yellow" : "dim";
  process.stderr.write(`${paint(style, printable(line), process.stderr)}\n`);
}

function printResult(result: ExecutionResult, file: string): void {
  if (result.ok) {
    if (result.value !== undefined) process.stdout.write(`${shown(result.value)}\n`);
  } else {
    const { code, name, message, line, column, frame, hint } = result.error;
    const place =
      line === undefined ? "" : ` (${file === "-" ? "stdin" : file}:${line}:${column ?? 1})`;
    fail({ code, message: `${name}: ${message}${place}` });
    if (frame !== undefined) process.stderr.write(`\n${printable(frame)}\n`);
    if (hint !== undefined) process.stderr.write(`\n  ${printable(hint)}\n`);
  }
  const { usage, calls, truncated, tokens } = result;
  const failed = calls.filter((call) => !call.ok).length;
  const counted = `${calls.length} tool calls${failed > 0 ? ` (${failed} failed)` : ""}`;
  const cut = truncated?.value === undefined ? "" : `, ${truncated.value} bytes of the value cut`;
  note(
    `${usage.engine} ${usage.placement}, ${usage.wallMs.toFixed(1)} ms, ${counted}, ${usage.bytesIn} bytes of results${cut}`,
  );
  if (tokens !== undefined) note(tokensLine(tokens));
}

function tokensLine({ uncountedBytes = {}, ...tokens }: TokenUsage): string {
  const { tokenizer, catalogue, program, value, logs, results } = tokens;
  const missing = Object.values(uncountedBytes).reduce((sum, bytes) => sum + bytes, 0);
  const more = missing > 0 ? `; ${missing} bytes not counted` : "";
  return `tokens (${tokenizer}): catalogue ${catalogue}, program ${program}, value ${value}, logs ${logs}; spared ${results} of results${more}`;
}

/** A string as it is, anything else as indented JSON. */
function shown(value: unknown): string {
  return typeof value === "string" ? printable(value) : printableJson(value, 2);
}
