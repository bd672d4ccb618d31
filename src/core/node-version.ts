/**
 * The oldest Node that codecell runs on. What is published can be parsed by older ones too, so that they get to say this. This file
 * imports nothing: the command line reads it before anything else.
 */
const OLDEST = [22, 15] as const;

/** Names of programs that are like Node, in `process.versions`. */
const OTHERS = { bun: "Bun", deno: "Deno" } as const;

type Versions = Readonly<Record<string, string | undefined>>;

/** Why codecell does not run here, and what to do. */
export interface NodeProblem {
  readonly message: string;
  readonly hint: string;
}

/** The program that runs this, as people call it: `Node 22.15.0`, `Bun 1.4.5`. */
export function runtimeName(versions: Versions = versionsHere()): string {
  const other = otherRuntime(versions);
  if (other !== undefined) return other;
  return versions["node"] === undefined ? "this platform" : `Node ${versions["node"]}`;
}

/** Bun or Deno with its version, where one of them runs this. */
export function otherRuntime(versions: Versions = versionsHere()): string | undefined {
  for (const [key, name] of Object.entries(OTHERS))
    if (versions[key] !== undefined) return `${name} ${versions[key]}`;
  return undefined;
}

/** The problem of a Node, or of what claims to be one, that is too old. A platform without a version is not judged. */
export function nodeProblem(versions: Versions = versionsHere()): NodeProblem | undefined {
  const { node } = versions;
  if (node === undefined || !isOlder(node)) return undefined;
  const other = otherRuntime(versions);
  const here = other === undefined ? `Node ${node}` : `${other}, which is like Node ${node}`;
  const name = other?.split(" ", 1)[0] ?? "Node";
  return {
    message: `codecell needs Node ${OLDEST.join(".")} or later, and this is ${here}`,
    hint: `Install a newer ${name}, and run npm install again with it.`,
  };
}

function isOlder(version: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version)?.map(Number) ?? [];
  if (major === undefined || minor === undefined) return false;
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

function versionsHere(): Versions {
  return globalThis.process?.versions ?? {};
}
