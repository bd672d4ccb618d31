import type { InspectedUse } from "../compile/program-uses.ts";
import type { NameTable } from "../core/names.ts";
import { typeNameOf } from "../discovery/types/wrappers.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import { isQuestion } from "./question-use.ts";
import type { TypeDiagnostic } from "./compiler-thread.ts";

/** Finds the call that a diagnostic is about. */
export class Concerns {
  readonly #uses: readonly InspectedUse[];
  readonly #catalogue: Catalogue;
  #byType: ReadonlyMap<string, InspectedUse> | undefined;

  constructor(uses: readonly InspectedUse[], catalogue: Catalogue) {
    this.#uses = uses.filter(({ server, tool }) => tool !== undefined && !isQuestion(server, tool));
    this.#catalogue = catalogue;
  }

  /** The innermost call around it, or the one whose type it names. */
  of({ start, message }: TypeDiagnostic): InspectedUse | undefined {
    const around = this.#uses.filter((use) => use.start <= start && start < use.end);
    if (around.length > 0)
      return around.reduce((a, b) => (b.end - b.start < a.end - a.start ? b : a));
    this.#byType ??= usesByType(this.#uses, this.#catalogue.names);
    const words = message.match(/[\p{ID_Continue}$]+/gu) ?? [];
    const named = words.find((word) => this.#byType!.has(word));
    return named === undefined ? undefined : this.#byType.get(named);
  }
}

/** Tools that a program names, by the names of their types. All tools are looked at once, not for each use. */
function usesByType(
  uses: readonly InspectedUse[],
  { servers }: NameTable,
): ReadonlyMap<string, InspectedUse> {
  const byName = new Map(uses.map((use) => [`${use.server}\n${use.tool}`, use]));
  const byType = new Map<string, InspectedUse>();
  for (const server of servers) {
    for (const tool of server.tools) {
      const use = byName.get(`${server.name}\n${tool.name}`);
      if (use === undefined) continue;
      byType.set(`${typeNameOf(tool)}Result`, use).set(`${typeNameOf(tool)}Args`, use);
    }
  }
  return byType;
}
