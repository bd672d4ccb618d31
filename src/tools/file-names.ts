import type { Steps } from "../core/turns.ts";
import { cutUtf8, utf8Length } from "../core/utf8.ts";
import { firstFree } from "./first-free.ts";

/** Longest name in characters: some systems count whole paths. */
const MAX_LENGTH = 100;
/**
 * Longest name in bytes of UTF-8: file systems take 255, and an ending, a number or a mark of a file in the making come
 * behind it.
 */
const MAX_BYTES = 200;
/** Names that every file system takes: no separators, no hidden files, nothing that looks like an ending of ours. */
const SAFE = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u;
const UNSAFE_END = /(?:\.|\.[cm]?[jt]sx?)$/i;
/** `index` is ours, the others are Windows' devices. */
const RESERVED = /^(?:index|con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * File names for those of `aliases` (identifier by original name) whose name is not one itself: different in any case
 * and composition of letters, since many file systems ignore both.
 */
export function* assignFiles(aliases: ReadonlyMap<string, string>): Steps<Map<string, string>> {
  const result = new Map<string, string>();
  const taken = new Set<string>();
  const rest: string[] = [];
  const owners = new Map<string, string>();
  for (const [name, alias] of aliases) owners.set(alias, name).set(name, name);
  for (const name of [...aliases.keys()].toSorted()) {
    yield;
    if (isFileName(name) && !taken.has(folded(name))) taken.add(folded(name));
    else rest.push(name);
  }
  const counts = new Map<string, number>();
  for (const name of rest) {
    yield;
    const alias = cutUtf8(aliases.get(name)!.slice(0, MAX_LENGTH), MAX_BYTES);
    const base = isFileName(alias) ? alias : `${alias}_`;
    // An import is looked up among names and aliases too: a file must not have the name of another tool.
    const isTaken = (file: string): boolean =>
      taken.has(folded(file)) || (owners.get(file) !== undefined && owners.get(file) !== name);
    const file = firstFree(base, isTaken, counts);
    taken.add(folded(file));
    result.set(name, file);
  }
  return result;
}

function folded(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

function isFileName(name: string): boolean {
  return (
    name.length <= MAX_LENGTH &&
    SAFE.test(name) &&
    !UNSAFE_END.test(name) &&
    !RESERVED.test(name) &&
    utf8Length(name) <= MAX_BYTES
  );
}
