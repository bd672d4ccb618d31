/** Anything that runs programs, behind one small face, so that all are measured by the same jobs. */

/** What a subject is given: the tools its programs call, and the caps it is asked to keep. */
export interface World {
  /** Tools by name; each takes one value and answers a value that JSON can carry. */
  readonly tools: Readonly<Record<string, (args: unknown) => Promise<unknown>>>;
  readonly limits: {
    readonly memoryMb: number;
    /** Longest that a program may take, computing and waiting together. */
    readonly wallMs: number;
    /** Most tool calls of one program. */
    readonly toolCalls: number;
  };
}

export interface Executor extends AsyncDisposable {
  /**
   * Run one program and answer its value. Runs may overlap. Rejects when the program fails, with a
   * {@link ProgramFailure} where the product says where.
   * @param code the body of an async function: plain JavaScript, `await` and `return` at its top level
   */
  run(code: string): Promise<unknown>;
}

/** A program failed. The position is what the product itself tells its user, in the program as it was given. */
export class ProgramFailure extends Error {
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(message: string, position: { line?: number; column?: number } = {}) {
    super(message);
    this.line = position.line;
    this.column = position.column;
  }
}

/** Why something cannot be measured; it stands where the figure would. */
export class Absent extends Error {}

/** The reason of {@link Absent} for questions that are put to codecell alone. */
export const OWN_ONLY = "asked of codecell only";

/** The reason of {@link Absent} where a job makes no sense for a subject. */
export const NO_QUESTION = "no question";

/** What a subject says of itself. */
export interface SubjectFacts {
  /** `v8-process`, `run`: unique, for files and options. */
  readonly id: string;
  readonly title: string;
  /** `floor`: a bare engine, without limits, checks and reports. */
  readonly kind: "codecell" | "floor" | "peer";
  /** What stands between a program and its host, in a few words. */
  readonly isolation: string;
  /** Of the npm package. */
  readonly version?: string;
  /** Jobs it cannot do by its design, and why. */
  readonly cannot?: Readonly<Record<string, string>>;
}

export interface Subject extends SubjectFacts {
  /** How its programs spell a call of `tool` with the JavaScript expression `args`; the result is a promise. */
  call(tool: string, args: string): string;
  start(world: World): Promise<Executor>;
}
