/**
 * A worker that has been taken over: its "programs" are Node code that runs in the worker itself, outside of any VM. A
 * program is the string literal of the body of an async function with `require`; its value is what that returns.
 */
import { createRequire } from "node:module";
import type { Engine, EngineSession as Session } from "../../src/index.ts";

type Body = (require: NodeJS.Require) => Promise<unknown>;
const AsyncFunction = (async () => {}).constructor as new (...parameters: string[]) => Body;

/** The program that runs `body` in a worker of this engine. */
export function raw(body: string): string {
  return JSON.stringify(`raw:${Buffer.from(body).toString("base64")}`);
}

export const rawEngine = { name: "raw", module: import.meta.url };

export async function createEngine(): Promise<Engine> {
  const usage = { cpuMs: 0, peakBytes: 0 };
  const session: Session = {
    run: async ({ code }) => {
      const body = Buffer.from(/raw:([\w+/=]*)/.exec(code)![1]!, "base64").toString();
      try {
        const value = await new AsyncFunction("require", body)(createRequire(import.meta.url));
        return { ok: true, value: JSON.stringify(value ?? null), usage, clean: true };
      } catch (error) {
        const { code: errno, message } = error as NodeJS.ErrnoException;
        const failure = { code: "program_error", name: errno ?? "Error", message } as const;
        return { ok: false, error: failure, usage, clean: true };
      }
    },
    [Symbol.asyncDispose]: async () => {},
  };
  return {
    name: "raw",
    open: async () => session,
    ready: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}
