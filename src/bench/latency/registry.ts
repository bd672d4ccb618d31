/** The subjects. Each is loaded only on demand: a cold start must not include the others. */
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CodecellError, messageOf } from "../../core/errors.ts";
import type { Subject } from "./subject.ts";

export interface SubjectEntry {
  readonly id: string;
  readonly title: string;
  readonly kind: Subject["kind"];
  load(): Promise<Subject>;
}

const OWN = [
  ["v8", "inline"],
  ["v8", "process"],
  ["v8", "sandbox"],
  ["quickjs", "inline"],
  ["quickjs", "thread"],
  ["quickjs", "process"],
  ["quickjs", "sandbox"],
] as const;

/** Engine and placement of a subject of codecell; `undefined` for others. */
export function ownPlace(
  subject: string,
): { engine: "v8" | "quickjs"; placement: (typeof OWN)[number][1] } | undefined {
  const found = OWN.find(([engine, placement]) => subject === `${engine}-${placement}`);
  return found && { engine: found[0], placement: found[1] };
}

const FLOORS = [
  ["async-function", "new AsyncFunction", "asyncFunction"],
  ["bare-isolate", "bare isolated-vm", "bareIsolate"],
  ["bare-quickjs", "bare quickjs-emscripten", "bareQuickJs"],
] as const;

const BUILT_IN: readonly SubjectEntry[] = [
  ...OWN.map(([engine, placement]) => ({
    id: `${engine}-${placement}`,
    title: `codecell ${engine} ${placement}`,
    kind: "codecell" as const,
    load: async () => await (await import("./codecell.ts")).codecellSubject(engine, placement),
  })),
  ...FLOORS.map(([id, title, name]) => ({
    id,
    title,
    kind: "floor" as const,
    load: async () => await (await import("./floors.ts"))[name](),
  })),
];

/**
 * All subjects: codecell's, the floors, and those of the folder `peers`, whose `index.ts` exports `PEERS`.
 * @throws CodecellError `config_error` for a folder without peers
 */
export async function subjectEntries(peers?: string): Promise<readonly SubjectEntry[]> {
  if (peers === undefined) return BUILT_IN;
  const index = join(resolve(peers), "index.ts");
  try {
    const { PEERS } = (await import(pathToFileURL(index).href)) as {
      PEERS: readonly Omit<SubjectEntry, "kind">[];
    };
    return [...BUILT_IN, ...PEERS.map((peer) => ({ ...peer, kind: "peer" as const }))];
  } catch (error) {
    throw new CodecellError("config_error", `there are no peers in ${peers}: ${messageOf(error)}`, {
      hint: "It must be a folder whose index.ts exports PEERS, as bench/peers in the repository does.",
      cause: error,
    });
  }
}
