/** What the keys of an entry mean, whatever host spelled them. */
import type { ToolRules } from "../tool-rules.ts";
import { type HostSpellings, URL_KEYS } from "./host-entry.ts";

/** Keys whose value `true` turns an entry off, and those where `false` does. */
export function isLeftOut(entry: Readonly<Record<string, unknown>>): boolean {
  const off = ["enabled", "enable", "active", "isActive"].some((key) => entry[key] === false);
  return off || entry["disabled"] === true;
}

const ONLY_KEYS = [
  "allowedTools",
  "tools",
  "includeTools",
  "enabledTools",
  "enabled_tools",
] as const;
const EXCEPT_KEYS = ["disabledTools", "excludeTools", "disabled_tools"] as const;
const APPROVAL_KEYS = ["autoApprove", "alwaysAllow", "trust"] as const;
/** The largest `timeout` that is in seconds. */
const MOST_SECONDS = 3_600;

type Checked = Readonly<Record<string, unknown>>;

/** The key under which an entry has its address. */
export function urlKeyOf(entry: Checked): (typeof URL_KEYS)[number] | undefined {
  return URL_KEYS.find((key) => entry[key] !== undefined);
}

/** The limits of time of a checked entry, in ms. */
export function timesOf(entry: HostSpellings & { timeoutMs?: number; startTimeoutMs?: number }): {
  readonly timeoutMs: number | undefined;
  readonly startTimeoutMs: number | undefined;
} {
  const { timeout, tool_timeout_sec: call, startup_timeout_sec: start } = entry;
  const ms = timeout === undefined || timeout > MOST_SECONDS ? timeout : timeout * 1_000;
  return {
    timeoutMs: entry.timeoutMs ?? (call === undefined ? ms : call * 1_000),
    startTimeoutMs:
      entry.startTimeoutMs ?? (start === undefined ? entry.startup_timeout_ms : start * 1_000),
  };
}

/** Names of tools that a checked entry limits. Of several lists of what there is, a tool has to be in each. */
export function rulesOf(entry: Checked): ToolRules | undefined {
  const lists = (keys: readonly string[]): (readonly string[])[] =>
    keys.flatMap((key) => (entry[key] === undefined ? [] : [entry[key] as readonly string[]]));
  const only = lists(ONLY_KEYS);
  const except = lists(EXCEPT_KEYS).flat();
  return only.length + except.length === 0 ? undefined : { only, except };
}

/** What an entry says of approvals, which has no effect here. */
export function approvalWarning(entry: Checked, at: string): string | undefined {
  const used = APPROVAL_KEYS.filter((key) => {
    const value = entry[key];
    return value === true || (Array.isArray(value) && value.length > 0);
  });
  if (used.length === 0) return undefined;
  return `${at}: ${used.join(" and ")} has no effect: codecell asks for no approval, of these tools nor of the others. To limit what can be called, list it in allowedTools or disabledTools`;
}
