/** Not a product: a plain node process for each run, with tools as JSON messages over node's IPC channel. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import pLimit from "p-limit";
import {
  type Executor,
  ProgramFailure,
  type Subject,
  type World,
} from "../../src/bench/latency/subject.ts";
import { AT_ONCE } from "./at-once.ts";
import { positionIn } from "./position.ts";

const FILE = "program.js";
const CHILD = fileURLToPath(new URL("./child.cjs", import.meta.url));

type Message =
  | { readonly id: number; readonly name: string; readonly args?: unknown }
  | {
      readonly done: true;
      readonly value?: unknown;
      readonly error?: string;
      readonly stack?: string;
    };

export const subject: Subject = {
  id: "child",
  title: "node child per run",
  kind: "peer",
  isolation: "node process, not sandboxed",
  version: process.versions.node,
  call: (tool, args) => `tools.${tool}(${args})`,
  async start(world): Promise<Executor> {
    const limit = pLimit(AT_ONCE);
    return {
      run: (code) => limit(() => runInChild(code, world)),
      async [Symbol.asyncDispose]() {},
    };
  },
};

async function runInChild(code: string, { tools, limits }: World): Promise<unknown> {
  // The child does not inherit the flags of this process: some of them disable its startup snapshot.
  const child = fork(CHILD, {
    env: {},
    execArgv: [`--max-old-space-size=${limits.memoryMb}`],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const end = Promise.withResolvers<unknown>();
  const timer = setTimeout(() => end.reject(new ProgramFailure("timed out")), limits.wallMs);
  let calls = 0;
  child.on("error", end.reject);
  child.on("exit", (exit, signal) =>
    end.reject(new ProgramFailure(`the child ended with ${exit ?? signal}`)),
  );
  child.on("message", (message: Message) => {
    if ("done" in message) {
      if (message.error === undefined) end.resolve(message.value);
      else end.reject(new ProgramFailure(message.error, positionIn(message.stack, FILE)));
    } else if (++calls > limits.toolCalls) {
      end.reject(new ProgramFailure("too many calls"));
    } else {
      void answer(message.id, tools[message.name]!(message.args));
    }
  });
  child.send({ code });
  try {
    return await end.promise;
  } finally {
    clearTimeout(timer);
    child.kill("SIGKILL");
  }

  async function answer(id: number, result: Promise<unknown>): Promise<void> {
    const reply = await result.then(
      (value) => ({ id, value }),
      (error: unknown) => ({ id, error: error instanceof Error ? error.message : String(error) }),
    );
    if (child.connected) child.send(reply);
  }
}
