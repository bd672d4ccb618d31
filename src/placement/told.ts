/** What a worker tells, checked: it may have been subverted. Everything is rebuilt field by field. */
import { CodecellError, type Failure, isErrorCode } from "../core/errors.ts";
import { isIdentifier } from "../core/identifier.ts";
import type { NameTable, ServerNames, ToolNames } from "../core/names.ts";
import type { CallRecord } from "../core/result.ts";
import type { Outcome, SavedCall, SavedVm } from "../engine/engine.ts";

const MAX_NAMES = 10_000;
const MAX_NAME_LENGTH = 200;

export function checkOutcome(told: unknown, value: string | undefined): Outcome {
  const { ok, usage, clean, error, declares } = (told ?? {}) as Record<
    string,
    Record<string, unknown> | undefined
  >;
  const checked = {
    ...(declares === undefined ? {} : { declares: list(declares, MAX_NAMES).filter(isName) }),
    usage: {
      cpuMs: size(usage?.["cpuMs"]),
      peakBytes: size(usage?.["peakBytes"]),
      compileMs: size(usage?.["compileMs"]),
    },
    clean: (clean as unknown) === true,
  };
  if ((ok as unknown) === true)
    return { ok: true, ...(value === undefined ? {} : { value }), ...checked };
  return { ok: false, error: checkFailure(error ?? {}), ...checked };
}

function checkFailure(error: Record<string, unknown>): Failure {
  const { code, name, message, line, column, hint, tool } = error;
  return {
    code: isErrorCode(code) ? code : "internal",
    name: String(name),
    message: String(message),
    ...(typeof line === "number" ? { line } : {}),
    ...(typeof column === "number" ? { column } : {}),
    ...(typeof hint === "string" ? { hint } : {}),
    ...(typeof tool === "string" ? { tool } : {}),
  };
}

function size(value: unknown): number {
  return typeof value === "number" && value >= 0 && Number.isFinite(value) ? value : 0;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_NAME_LENGTH && isIdentifier(value);
}

function list(value: unknown, most: number): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : [];
}

/** Why a worker cannot do what it was asked. */
export function checkRefusal([, code, message, hint]: readonly unknown[]): CodecellError {
  return new CodecellError(isErrorCode(code) ? code : "internal", String(message), {
    hint: typeof hint === "string" ? hint : undefined,
  });
}

/** A call that was carried out at the place. */
export function checkRecord(told: unknown): CallRecord {
  const { tool, ok, ms, bytes, error } = (told ?? {}) as Record<string, unknown>;
  return {
    tool: text(tool),
    ok: ok === true,
    ms: size(ms),
    bytes: size(bytes),
    ...(typeof error === "string" ? { error: text(error) } : {}),
  };
}

const MAX_WAITING = 100_000;

/** @param image the image in base64 */
export function checkSaved(told: unknown, image: string): SavedVm {
  const { engine, runs, running, drawn, timers, calls, answers } = (told ?? {}) as Record<
    string,
    unknown
  >;
  return {
    engine: String(engine),
    image: Buffer.from(image, "base64"),
    runs: size(runs),
    running: running === true,
    drawn: size(drawn),
    timers: pairs(timers).map(([id, ms]) => [size(id), size(ms)]),
    calls: list(calls, MAX_WAITING).map(checkCall),
    answers: pairs(answers).map(([id, answer]) => [size(id), String(answer)]),
  };
}

function pairs(value: unknown): (readonly unknown[])[] {
  return list(value, MAX_WAITING).filter((item) => Array.isArray(item));
}

function checkCall(told: unknown): SavedCall {
  const { id, kind, server, tool, args } = (told ?? {}) as Record<string, unknown>;
  return {
    id: size(id),
    kind: kind === "digest" ? "digest" : "call",
    server: String(server),
    tool: String(tool),
    args: String(args),
  };
}

const MAX_SPELLINGS = 100_000;
const MAX_TEXT = 1_000;

function text(value: unknown): string {
  return String(value).slice(0, MAX_TEXT);
}

/** A client's table of names. */
export function checkNames(told: unknown): NameTable {
  const { version, servers, fetch } = (told ?? {}) as Record<string, unknown>;
  return {
    version: text(version),
    servers: list(servers, MAX_SPELLINGS).map(checkServerNames),
    ...(fetch === true ? { fetch } : {}),
  };
}

function checkServerNames(told: unknown): ServerNames {
  const { name, alias, className, folder, remote, tools } = (told ?? {}) as Record<string, unknown>;
  return {
    name: text(name),
    alias: text(alias),
    className: text(className),
    ...(typeof folder === "string" ? { folder: text(folder) } : {}),
    ...(remote === true ? { remote } : {}),
    tools: list(tools, MAX_SPELLINGS).map(checkToolNames),
  };
}

function checkToolNames(told: unknown): ToolNames {
  const { name, alias, flat, file } = (told ?? {}) as Record<string, unknown>;
  return {
    name: text(name),
    alias: text(alias),
    flat: text(flat),
    ...(typeof file === "string" ? { file: text(file) } : {}),
  };
}
