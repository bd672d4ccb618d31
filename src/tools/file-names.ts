/** Names that every file system takes: no separators, no hidden files, nothing that looks like an ending of ours. */
const SAFE = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]{0,99}$/u;
const UNSAFE_END = /(?:\.|\.[cm]?[jt]sx?)$/i;
/** `index` is ours, the others are Windows' devices. */
const RESERVED = /^(?:index|con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/**
 * File names for those of `aliases` (identifier by original name) whose name is not one itself: different in any case
 * of letters, since many file systems ignore case.
 */
export function assignFiles(aliases: ReadonlyMap<string, string>): Map<string, string> {
  const result = new Map<string, string>();
  const taken = new Set<string>();
  const rest: string[] = [];
  const owners = new Map(
    [...aliases].flatMap(([name, alias]) => [[alias, name] as const, [name, name] as const]),
  );
  for (const name of [...aliases.keys()].toSorted()) {
    if (isFileName(name) && !taken.has(name.toLowerCase())) taken.add(name.toLowerCase());
    else rest.push(name);
  }
  for (const name of rest) {
    const alias = aliases.get(name)!.slice(0, 100);
    const base = isFileName(alias) ? alias : `${alias}_`;
    // An import is looked up among names and aliases too: a file must not have the name of another tool.
    const isTaken = (file: string): boolean =>
      taken.has(file.toLowerCase()) ||
      (owners.get(file) !== undefined && owners.get(file) !== name);
    let file = base;
    for (let count = 2; isTaken(file); count++) file = `${base}_${count}`;
    taken.add(file.toLowerCase());
    result.set(name, file);
  }
  return result;
}

function isFileName(name: string): boolean {
  return SAFE.test(name) && !UNSAFE_END.test(name) && !RESERVED.test(name);
}
