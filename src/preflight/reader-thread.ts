/**
 * Reads programs on a thread of its own: a hostile text can make the parser take as long as it likes, and this thread can be
 * ended. It has no names but those of the tools.
 */
import { parentPort } from "node:worker_threads";
import { CompileError } from "../compile/compile-error.ts";
import { inspectProgram } from "../compile/inspect-program.ts";
import type { InspectedProgram } from "../compile/program-uses.ts";
import type { NameTable } from "../core/names.ts";

/** A program to read. The names are those of the last request where they are left out. */
export interface ReadRequest {
  readonly source: string;
  readonly sourceBytes: number;
  readonly names?: NameTable;
}

/** What a {@link CompileError} says. */
export type SentCompileError = Pick<CompileError, "message" | "code" | "line" | "column" | "hint">;

/** What was read, why it is no program, or a bug of the reader. */
export type ReadReply =
  | { readonly program: InspectedProgram }
  | { readonly error: SentCompileError }
  | { readonly bug: string };

let names: NameTable = { version: "", servers: [] };

function read({ source, sourceBytes }: ReadRequest): ReadReply {
  try {
    return { program: inspectProgram(source, names, sourceBytes) };
  } catch (thrown) {
    if (!(thrown instanceof CompileError)) return { bug: String(thrown) };
    const { message, code, line, column, hint } = thrown;
    return { error: { message, code, line, column, hint } };
  }
}

parentPort!.on("message", (request: ReadRequest) => {
  names = request.names ?? names;
  parentPort!.postMessage(read(request));
});
