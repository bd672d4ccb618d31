/** What crosses the bridge in place of an object with methods. */
export interface HandleFacts {
  /** Names the object to its host: 32 hexadecimal digits that nobody can guess. */
  readonly id: string;
  /** `server.tool` that returned it. */
  readonly label: string;
  readonly methods: readonly string[];
  readonly iterable: boolean;
  /** It is iterated over in pages: `@@page` gives one. */
  readonly pages?: boolean;
  /** Properties that are data, as they were when the tool answered. Only in text. */
  readonly data?: unknown;
}
