import { oneLine } from "../core/one-line.ts";

/** Most problems of one kind that are told one by one. */
const MAX_WARNINGS = 20;

/** Problems of one server: the first ones, and how many more there are. */
export class WarningList {
  readonly #server: string;
  readonly #first = new Set<string>();
  #more = 0;

  constructor(server: string) {
    this.#server = server;
  }

  /** @param told may hold what a server wrote */
  add(told: string): void {
    const problem = oneLine(told);
    if (this.#first.has(problem)) return;
    if (this.#first.size < MAX_WARNINGS) this.#first.add(problem);
    else this.#more++;
  }

  get all(): readonly string[] {
    const problems = [...this.#first];
    if (this.#more > 0)
      problems.push(`${this.#server}: and ${this.#more} more problems like these`);
    return problems;
  }
}
