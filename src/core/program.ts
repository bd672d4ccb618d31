/** A position in a text. */
export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

/** A compiled program, ready for any engine. */
export interface Program {
  /**
   * JavaScript: one parenthesised strict async function expression of one parameter, `$codecell` (see
   * {@link ProgramScope}), on as many lines as the source has.
   */
  readonly code: string;
  /** Words of the program that look like flat tool names (`github_create_issue`): letters, digits and an inner `_`. */
  readonly words: readonly string[];
  /** Variables that the program uses and does not declare, without those that every VM has: `github`, `GithubTools`. */
  readonly free: readonly string[];
  /** Names that the program declares for the next programs of its session. */
  readonly declares: readonly string[];
  /**
   * The time zone of its local times, an IANA name.
   * @default "UTC"
   */
  readonly timeZone?: string;
  /** Maps a position in `code` to one in the caller's source; `undefined` for a position outside the source. */
  locate(line: number, column: number): Position | undefined;
}

/**
 * How the value that an entry function gets answers for a key that is neither a server nor a global: `all`, as `tools` does, with
 * a server that is not there, whose calls say so; `known`, with undefined.
 */
export type EntryKeys = "all" | "known";

/** The one parameter of compiled code; the guest prelude supplies it. */
export interface ProgramScope {
  /** The module for a static import. Throws when there is none or when it lacks one of `names`. */
  link(specifier: string, names: readonly string[]): object;
  /** `import(specifier)`. */
  import(specifier: unknown): Promise<object>;
  /** `import.meta`. */
  readonly meta: object;
  /** The resources of one block with `using` declarations. */
  disposables(): Disposables;
  /** What waits for the end of one `for await` loop. */
  closing(): Closing;
  /** Setting a property declares a variable of the session: `let`, classes. */
  readonly let: object;
  /** Setting a property declares a variable of the session that cannot be assigned to. */
  readonly const: object;
  /** Declares functions under these names. */
  functions(functions: Readonly<Record<string, object>>): void;
  /** Declares `var` variables, which keep their value if they have one and can be assigned to. */
  vars(names: readonly string[]): void;
  /**
   * The value of a program that ended without `return`: where `entry` is a function, what it returns when called; else `entry`
   * itself.
   * @param keys what the function gets, see guest/entry.ts. @default nothing
   */
  finish(entry: unknown, keys?: "tools" | EntryKeys | "declared"): unknown;
  /**
   * A value that the program does not return itself, to be returned: where it cannot be one, there is none.
   * @param source the expression that it is the value of, where a log line is to tell
   */
  implied(value: unknown, source?: string): unknown;
}

/** The end of one `for await` loop. */
export interface Closing {
  /** What the loop iterates over, in place of `iterable`, which messages call `name`. @throws TypeError when it cannot be iterated */
  of(iterable: unknown, name: string): unknown;
  /** Resolves when the iterator is closed, if the loop has closed it; rejects where that failed. */
  closed(): Promise<void>;
  /** The loop threw `error`: resolves to it when the iterator is closed. */
  fail(error: unknown): Promise<unknown>;
}

/** One block's resources, disposed in reverse order; see the explicit resource management proposal (ES2026). */
export interface Disposables {
  /** `using x = value` */
  use<T>(value: T): T;
  /** `await using x = value` */
  useAsync<T>(value: T): T;
  /** The block threw. */
  fail(error: unknown): void;
  /** The block ended: disposes of its resources and throws what was thrown in it or during disposal. */
  dispose(): void;
  /** The same for a block with `await using`. */
  disposeAsync(): Promise<void>;
}
