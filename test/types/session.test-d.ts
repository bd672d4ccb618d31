/** Types of sessions. Compiled by `tsc`, never run. */
import { expectTypeOf, test } from "vitest";
import type {
  ExecutionResult,
  FileContent,
  FileStat,
  PendingCall,
  Runtime,
  Session,
  SessionOptions,
  Workspace,
} from "../../src/index.ts";

const runtime = {} as Runtime;
const session = {} as Session;

test("are opened by their name, found, restored", () => {
  expectTypeOf(runtime.session).parameters.toEqualTypeOf<
    [id: string, options?: SessionOptions | undefined]
  >();
  expectTypeOf(runtime.session("a")).resolves.toEqualTypeOf<Session>();
  expectTypeOf(runtime.findSession("a")).resolves.toEqualTypeOf<Session | undefined>();
  expectTypeOf(runtime.restore).parameter(0).toEqualTypeOf<Uint8Array>();
  expectTypeOf(runtime.restore).returns.resolves.toEqualTypeOf<Session>();
  void runtime.session("a", { user: "ann", limits: { memoryMb: 32 }, seed: 1, now: new Date() });
  // @ts-expect-error -- unknown option
  void runtime.session("a", { ttl: 1 });
});

test("run programs as the runtime does, for the user they were opened for", () => {
  expectTypeOf(session.run("1")).resolves.toEqualTypeOf<ExecutionResult>();
  void session.run("1", { limits: { wallMs: 1 }, onLog: ({ text }) => text });
  // @ts-expect-error -- the session has its user
  void session.run("1", { user: "bob" });
});

test("tell who they are and what they hold", () => {
  expectTypeOf(session.id).toBeString();
  expectTypeOf(session.user).toEqualTypeOf<string | undefined>();
  expectTypeOf(session.programs).toBeNumber();
  expectTypeOf(session.declared).toEqualTypeOf<readonly string[]>();
  expectTypeOf(session.busy).toBeBoolean();
  expectTypeOf(session.placed).toBeBoolean();
  // @ts-expect-error -- readonly
  session.id = "b";
  // @ts-expect-error -- readonly
  session.busy = true;
});

test("are saved, forked, and resumed with answers by the id of the call", () => {
  expectTypeOf(session.snapshot()).resolves.toExtend<Uint8Array>();
  expectTypeOf(session.fork("b")).resolves.toEqualTypeOf<Session>();
  expectTypeOf(session.pending()).resolves.toEqualTypeOf<PendingCall[]>();
  expectTypeOf<PendingCall["id"]>().toBeNumber();
  expectTypeOf(
    session.resume({ answers: { 1: "done" } }),
  ).resolves.toEqualTypeOf<ExecutionResult>();
  expectTypeOf(session.reset()).resolves.toBeVoid();
  expectTypeOf(session.close()).resolves.toBeVoid();
});

test("have files", () => {
  expectTypeOf(session.workspace).toEqualTypeOf<Workspace>();
  expectTypeOf<FileContent>().toEqualTypeOf<string | Uint8Array>();
  expectTypeOf<FileStat["size"]>().toBeNumber();
});
