/** One server that is set, or removed. */
export interface Change {
  readonly name: string;
  /** Absent: it is removed. */
  readonly entry?: Readonly<Record<string, unknown>>;
  /** Names of servers that it stands before, the nearest first; where none of them is there, it is the last. */
  readonly before?: readonly string[];
}

/** What is wrong with a text, for whoever names its file. */
export class DocumentError extends Error {}
