/** An engine whose VMs that are kept never open, as one that restores a VM for very long. */
import type { Engine } from "../../src/index.ts";

export const stuckEngine = { name: "stuck", module: import.meta.url };

export async function createEngine(): Promise<Engine> {
  return {
    name: "stuck",
    keeps: true,
    open: () => new Promise(() => {}),
    ready: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}
