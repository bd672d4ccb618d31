/** Names for the types that a schema defines, all different, beginning with the tool's. */
export class TypeNames {
  readonly #prefix: string;
  readonly #taken = new Set<string>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** `create_issue` and `Block` → `CreateIssueBlock`. */
  take(name: string): string {
    const words = name
      .split(/[^A-Za-z0-9]+/)
      .map((word) => word.replace(/^./, (first) => first.toUpperCase()));
    const base = this.#prefix + (words.join("") || "Part");
    let free = base;
    for (let count = 2; this.#taken.has(free); count++) free = `${base}${count}`;
    this.#taken.add(free);
    return free;
  }
}
