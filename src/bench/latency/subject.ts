/** The interface of everything that runs programs, so that all subjects are measured by the same jobs. */

/** Input of a subject: the tools that its programs call, and the limits that it should enforce. */
export interface World {
  /** Tools by name; each takes one value and returns a JSON value. */
  readonly tools: Readonly<Record<string, (args: unknown) => Promise<unknown>>>;
  /** Limits of one program, as far as the product has them. */
  readonly limits: {
    /** Memory in MiB. */
    readonly memoryMb: number;
    /** Wall-clock time in ms, computing and waiting together. */
    readonly wallMs: number;
    /** Number of tool calls. */
    readonly toolCalls: number;
  };
}

/** A started subject. Disposing it releases all that it holds. */
export interface Executor extends AsyncDisposable {
  /**
   * Runs one program and returns its value. Runs may overlap.
   * @param code the body of an async function: plain JavaScript, `await` and `return` at its top level
   * @throws ProgramFailure if the program fails and the product reports a position; any other error otherwise
   */
  run(code: string): Promise<unknown>;
}

/** A failed program. The position is the one that the product reports to its user. */
export class ProgramFailure extends Error {
  /** Line in the given program, from 1; `undefined` if it is not reported. */
  readonly line: number | undefined;
  /** Column in the line, from 1; `undefined` if it is not reported. */
  readonly column: number | undefined;

  /** @param position line and column, from 1, as the product reports them */
  constructor(message: string, position: { line?: number; column?: number } = {}) {
    super(message);
    this.line = position.line;
    this.column = position.column;
  }
}

/** Thrown if something cannot be measured. The message is the reason, which is shown in place of the figure. */
export class Absent extends Error {}

/** The reason of {@link Absent} for jobs that only codecell does. */
export const OWN_ONLY = "asked of codecell only";

/** The reason of {@link Absent} for a job that does not apply to a subject. */
export const NO_QUESTION = "no question";

/** Describes a subject. */
export interface SubjectFacts {
  /** Unique, for files and options: `v8-process`, `run`. */
  readonly id: string;
  /** Name in tables and charts. */
  readonly title: string;
  /** `floor`: a bare engine, without limits, checks and reports; `peer`: another product. */
  readonly kind: "codecell" | "floor" | "peer";
  /** What separates a program from its host, in a few words. */
  readonly isolation: string;
  /** Version of the npm package, if known. */
  readonly version?: string;
  /** Reasons, by id, for jobs that it cannot do by its design. @default none */
  readonly cannot?: Readonly<Record<string, string>>;
}

/** A product, or a bare engine, that runs programs. */
export interface Subject extends SubjectFacts {
  /** Returns the expression by which its programs call `tool` with the JavaScript expression `args`. Its value is a promise. */
  call(tool: string, args: string): string;
  /** Starts the subject. Rejects if it cannot start. */
  start(world: World): Promise<Executor>;
}
