import { cutUnits } from "../../core/utf8.ts";

/** Longest part of a name that comes from a schema, in characters. */
const MAX_NAME = 200;

/**
 * Names for the types that a schema defines, all different, beginning with the tool's. The generator of types respells
 * names that are not plain ASCII, so it gets stand-ins, which {@link TypeNames.spell} puts right.
 */
export class TypeNames {
  readonly #prefix: string;
  readonly #names: string[] = [];
  readonly #taken = new Set<string>();
  /** The last number by name without one: servers can have thousands of parts of one name. */
  readonly #counts = new Map<string, number>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** A stand-in for a new name: `create_issue` and `Block` → `CreateIssueBlock`. */
  take(name: string): string {
    const words = cutUnits(name, MAX_NAME)
      .split(/[^\p{L}\p{N}]+/u)
      .map((word) => word.replace(/^./u, (first) => first.toUpperCase()));
    const base = this.#prefix + (words.join("") || "Part");
    let count = this.#counts.get(base) ?? 1;
    let free = count === 1 ? base : `${base}${count}`;
    while (this.#taken.has(free)) free = `${base}${++count}`;
    this.#counts.set(base, count);
    this.#taken.add(free);
    this.#names.push(free);
    return `StandIn${this.#names.length - 1}X`;
  }

  /** `text` with the names in the place of their stand-ins. */
  spell(text: string): string {
    // The generator numbers what it says twice; no name of ours ends with an underscore and a number.
    return text.replace(/\bStandIn(\d+)X(\d*)\b/g, (standIn, at: string, number: string) => {
      const name = this.#names[Number(at)];
      if (name === undefined) return standIn;
      return number === "" ? name : `${name}_${number}`;
    });
  }
}
