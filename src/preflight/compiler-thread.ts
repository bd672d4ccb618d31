/**
 * The door to TypeScript: a thread that talks to its native compiler. A compiler that dies makes its library fail where
 * nobody can catch it; here that ends this thread and nothing else.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { Diagnostic } from "typescript/unstable/async";

/** A diagnostic, at offsets in UTF-16 units of the file. */
export interface TypeDiagnostic {
  readonly start: number;
  readonly end: number;
  readonly code: number;
  readonly message: string;
  /** The innermost reasons, where the message has some. */
  readonly reasons: readonly string[];
}

/** Virtual files by absolute path. */
export type VirtualFiles = ReadonlyMap<string, string>;

/** What the thread is started with. */
export interface CompilerData {
  /** Address of the module of TypeScript's API. */
  readonly api: string;
}

/** A request to the thread: check the types of `file`, in the project of `config`. */
export interface CheckRequest {
  readonly files: VirtualFiles;
  readonly config: string;
  readonly file: string;
}

/** What it sends: first the id of the compiler's process, then the result of every request. */
export type ThreadMessage =
  | { readonly pid: number | undefined }
  | { readonly found: readonly TypeDiagnostic[] };

/** Diagnostics that the host gets to read, and characters of the message of each. */
const MAX_FOUND = 2_000;
const MAX_MESSAGE = 2_000;
const MAX_REASONS = 20;

/** Nothing of the disk is read but TypeScript's own library, whatever a program refers to. */
const LIBRARY =
  /[\\/]node_modules[\\/]@typescript[\\/]typescript-[\w-]+[\\/]lib[\\/]lib[\w.]*\.d\.ts$/;

/** The compiler's API, at the address that was found: a plain import would be that of codecell's own place. */
const { API } = (await import(
  (workerData as CompilerData).api
)) as typeof import("typescript/unstable/async");

let files: VirtualFiles = new Map();

const api = new API({
  cwd: "/",
  fs: {
    readFile: (path) => files.get(path) ?? (LIBRARY.test(path) ? undefined : null),
    fileExists: (path) => files.has(path) || (LIBRARY.test(path) ? undefined : false),
    directoryExists: hasFolder,
    getAccessibleEntries: () => ({ files: [], directories: [] }),
    realpath: (path) => path,
  },
});

function hasFolder(path: string): boolean | undefined {
  if (/[\\/]@typescript[\\/]/.test(path)) return undefined;
  return path === "/" || files.keys().some((file) => file.startsWith(`${path}/`));
}

async function check({ files: given, config, file }: CheckRequest): Promise<ThreadMessage> {
  const fileChanges = changes(files, given);
  files = given;
  const snapshot = await api.updateSnapshot({ openProjects: [config], fileChanges });
  const project = snapshot.getProject(config);
  const found = (await project?.program.getSemanticDiagnostics(file)) ?? [];
  await snapshot.dispose();
  return { found: found.filter(isError).slice(0, MAX_FOUND).map(toPlain) };
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

function toPlain(diagnostic: Diagnostic): TypeDiagnostic {
  const { pos, end, code, text, messageChain = [] } = diagnostic;
  const reasons = [...messageChain.values().flatMap(reasonsOf).take(MAX_REASONS)];
  return { start: pos, end, code, message: text.slice(0, MAX_MESSAGE), reasons };
}

function* reasonsOf({ text, messageChain = [] }: Diagnostic): Generator<string> {
  if (messageChain.length === 0) yield text.slice(0, MAX_MESSAGE);
  for (const inner of messageChain) yield* reasonsOf(inner);
}

/** The library keeps its process to itself; it is needed to end one that computes for ever. */
function processId(owner: unknown): number | undefined {
  return (owner as { client?: { process?: { pid?: number } } }).client?.process?.pid;
}

function send(message: ThreadMessage): void {
  parentPort!.postMessage(message);
}

await api.updateSnapshot({});
send({ pid: processId(api) });
parentPort!.on("message", (request: CheckRequest) => {
  void check(request).then(send);
});
