import { memoryBreach } from "../core/breach.ts";
import { type Failure, isErrorCode } from "../core/errors.ts";
import type { Limits } from "../core/limits.ts";
import type { Program } from "../core/program.ts";
import { PROGRAM_FILE } from "./vm.ts";

/** Codes that the guest may report for its own failure. Limits that end a run are not among them. */
const GUEST_CODES: ReadonlySet<string> = new Set([
  "program_error",
  "tool_error",
  "unknown_tool",
  "invalid_arguments",
  "denied",
  "approval_required",
  "rate_limited",
  "quota_exceeded",
  "not_serializable",
  "output_limit",
  "stack_overflow",
  "aborted",
]);

const FRAME = new RegExp(`${PROGRAM_FILE.replace(".", "\\.")}:(\\d+)(?::(\\d+))?`, "g");

/**
 * Checks the failure that the guest reports.
 * @param text what the guest sent
 * @param exhausted whether the host saw the VM run out of memory; without it a report of `memory` is not accepted
 */
export function readGuestFailure(
  text: string,
  program: Program,
  limits: Limits,
  exhausted: boolean,
): Failure {
  const { code = "", name = "Error", message = "", stack, tool, hint } = describedFailure(text);
  if (code === "memory" && exhausted) return memoryBreach(limits);
  return {
    code: GUEST_CODES.has(code) && isErrorCode(code) ? code : "program_error",
    name,
    message,
    ...locate(stack, program),
    ...(tool === undefined ? {} : { tool }),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** The fields of the guest's description of an error that are texts. */
export function describedFailure(text: string): Record<string, string | undefined> {
  const described: unknown = JSON.parse(text);
  const entries = Object.entries(described ?? {});
  return Object.fromEntries(entries.filter(([, value]) => typeof value === "string"));
}

/** The frames of programs in an engine's stack text. */
export function framesOf(stack: string | undefined): string {
  return (stack ?? "").match(FRAME)?.join(" ") ?? "";
}

/** The first frame of the program in an engine's stack text, as a position in the caller's source. */
export function locate(
  stack: string | undefined,
  program: Program,
): { line?: number; column?: number } {
  for (const match of (stack ?? "").matchAll(FRAME)) {
    const position = program.locate(Number(match[1]), Number(match[2] ?? 1));
    if (position !== undefined) return { line: position.line, column: position.column };
  }
  return {};
}
