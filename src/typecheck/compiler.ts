/** The door to TypeScript: its native compiler as a process that is kept warm and that can be killed. */
import type { API, Diagnostic } from "typescript/unstable/async";
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { CodecellError, messageOf } from "../core/errors.ts";

/** A complaint, at offsets in UTF-16 units of the file. */
export interface TypeDiagnostic {
  readonly start: number;
  readonly end: number;
  readonly code: number;
  readonly message: string;
}

/** Virtual files by absolute path. */
export type VirtualFiles = ReadonlyMap<string, string>;

/** Nothing of the disk is read but TypeScript's own library, whatever a program refers to. */
const LIBRARY =
  /[\\/]node_modules[\\/]@typescript[\\/]typescript-[\w-]+[\\/]lib[\\/]lib[\w.]*\.d\.ts$/;

const PAGE_BYTES = 4_096;

export class Compiler {
  readonly #api: API;
  #files: VirtualFiles = new Map();

  private constructor(api: typeof import("typescript/unstable/async").API) {
    this.#api = new api({
      cwd: "/",
      fs: {
        readFile: (path) => this.#files.get(path) ?? (LIBRARY.test(path) ? undefined : null),
        fileExists: (path) => this.#files.has(path) || (LIBRARY.test(path) ? undefined : false),
        directoryExists: (path) => this.#hasFolder(path),
        getAccessibleEntries: () => ({ files: [], directories: [] }),
        realpath: (path) => path,
      },
    });
  }

  /** @throws CodecellError `config_error` when TypeScript 7 is not installed */
  static async start(): Promise<Compiler> {
    try {
      return new Compiler((await import("typescript/unstable/async")).API);
    } catch (cause) {
      throw new CodecellError(
        "config_error",
        `typeCheck needs the package typescript, version 7: ${messageOf(cause).split("\n", 1)[0]}`,
        { hint: "npm install typescript@^7", cause },
      );
    }
  }

  /** What is wrong with the types of `file`, in the project of `config`. */
  async check(files: VirtualFiles, config: string, file: string): Promise<TypeDiagnostic[]> {
    const before = this.#files;
    this.#files = files;
    const snapshot = await this.#api.updateSnapshot({
      openProjects: [config],
      fileChanges: changes(before, files),
    });
    const project = snapshot.getProject(config);
    if (project === undefined) return [];
    const found = await project.program.getSemanticDiagnostics(file);
    await snapshot.dispose();
    return found
      .filter(isError)
      .map(({ pos, end, code, text }) => ({ start: pos, end, code, message: text }));
  }

  /** Resident memory of the process, where the operating system tells (Linux). */
  residentBytes(): number {
    try {
      const pages = readFileSync(`/proc/${this.#process?.pid}/statm`, "utf8").split(" ")[1];
      return Number(pages) * PAGE_BYTES;
    } catch {
      return 0;
    }
  }

  /** Its API keeps the process to itself. */
  get #process(): { readonly pid: number; kill(signal: string): void } | undefined {
    return (this.#api as unknown as { client?: { process?: ChildProcess } }).client
      ?.process as never;
  }

  /** Ends the process at once, also when it computes for ever. */
  kill(): void {
    // Closing only ends its input, which a busy compiler does not read.
    this.#process?.kill("SIGKILL");
    this.#api.close().catch(() => {});
  }

  #hasFolder(path: string): boolean | undefined {
    if (/[\\/]@typescript[\\/]/.test(path)) return undefined;
    return path === "/" || this.#files.keys().some((file) => file.startsWith(`${path}/`));
  }
}

function changes(
  before: VirtualFiles,
  after: VirtualFiles,
): { changed: string[]; created: string[]; deleted: string[] } {
  const paths = [...after.keys()];
  return {
    changed: paths.filter((path) => before.has(path) && before.get(path) !== after.get(path)),
    created: paths.filter((path) => !before.has(path)),
    deleted: [...before.keys()].filter((path) => !after.has(path)),
  };
}

/** Its category 1; the rest are suggestions. */
function isError({ category }: Diagnostic): boolean {
  return (category as number) === 1;
}
