import type { Failure } from "./errors.ts";
import type { Limits } from "./limits.ts";

/** What a program can do about a limit. Only its host can set limits, so no hint asks for that. */
const ADVICE: Partial<Record<keyof Limits, string>> = {
  wallMs:
    "Make calls that do not depend on each other at once with Promise.all, or split the work into two programs.",
  cpuMs: "Compute less: filter early, take fewer items, or split the work into two programs.",
  memoryMb:
    "Hold less at once: take a page after the other, and keep only the fields that you need.",
  toolCalls: "Make fewer calls: ask for lists or pages, or split the work into two programs.",
  callBytes: "Pass less at a time: a page, a filter, fewer fields.",
  bridgeBytes: "Pass less: a page, a filter, fewer fields, or split the work into two programs.",
  sourceBytes: "Send a shorter program, or split it into two.",
};
const LESS = "Do less in one program, or split the work into two programs.";

/** The failure of a run that went over a limit; `setting` is the limit. */
export function breach(code: Failure["code"], message: string, setting?: keyof Limits): Failure {
  const hint = setting === undefined ? {} : { hint: ADVICE[setting] ?? LESS };
  return { code, name: "LimitError", message, ...hint };
}

export function wallBreach({ wallMs }: Limits): Failure {
  return breach("timeout", `the program did not end within ${wallMs} ms`, "wallMs");
}

export function cpuBreach({ cpuMs }: Limits): Failure {
  return breach("cpu_limit", `the program computed for more than ${cpuMs} ms`, "cpuMs");
}

export function memoryBreach({ memoryMb }: Limits): Failure {
  return breach("memory", `the program needed more than ${memoryMb} MiB of memory`, "memoryMb");
}

/** The failure of a run that its caller ended. */
export function aborted(message = "the run was aborted"): Failure {
  return { code: "aborted", name: "AbortError", message };
}

/** Whether a run was ended by its caller. A `ToolError` can have the same code: an aborted call does not end the run. */
export function isAborted({ code, name }: Failure): boolean {
  return code === "aborted" && name !== "ToolError";
}

const LIMITS: ReadonlySet<Failure["code"]> = new Set([
  "timeout",
  "cpu_limit",
  "memory",
  "stack_overflow",
  "call_limit",
  "output_limit",
  "source_too_large",
]);

/** Whether a run was ended by a cap. A `ToolError` can have the same codes: a tool's own cap does not end the run. */
export function isLimit({ code, name }: Failure): boolean {
  return LIMITS.has(code) && name !== "ToolError";
}
