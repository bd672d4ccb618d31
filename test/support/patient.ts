/** The product with more patience: how busy the machine is must decide no test. */
import { createRuntime as create, type Runtime, type RuntimeOptions } from "../../src/index.ts";

/** `createRuntime`, whose programs may wait longer for their turn to be compiled and to compute than the defaults allow. */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  return await create({
    ...options,
    limits: { cpuMs: 20_000, compileMs: 10_000, ...options.limits },
  });
}
