/** Products that misbehave, for the bench: what it says of them must be true. */
import { Absent, type Subject } from "../../../src/bench/latency/subject.ts";

type Run = (code: string) => Promise<unknown>;

function peer(id: string, run: Run, more: Partial<Subject> = {}): Subject {
  return {
    id,
    title: id,
    kind: "peer",
    isolation: "none",
    call: (tool, args) => `${tool}(${args})`,
    start: async () => ({ run, [Symbol.asyncDispose]: async () => {} }),
    ...more,
  };
}

const SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  wrong: async () => peer("wrong", async () => 41),
  refusing: async () =>
    peer("refusing", async () => 2, { cannot: { trivial: "it is not made for trifles" } }),
  leaving: async () =>
    peer("leaving", async () => {
      const { spawn } = await import("node:child_process");
      spawn(process.execPath, ["-e", "for (;;);", "codecell-left-behind"], {
        detached: true,
        stdio: "ignore",
      });
      return 2;
    }),
  dying: async () => peer("dying", async () => process.exit(3)),
  missing: async () => {
    throw new Error("Cannot find package 'missing'");
  },
  shy: async () =>
    peer("shy", async () => {
      throw new Absent("not today");
    }),
};

export const PEERS = Object.entries(SUBJECTS).map(([id, load]) => ({ id, title: id, load }));
