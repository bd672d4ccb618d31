/** The product with more patience: how busy the machine is must decide no test. */
import { createRuntime as create, type Runtime, type RuntimeOptions } from "../../src/index.ts";

/** `createRuntime`, whose programs may wait longer for their turn to be compiled than the default allows. */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  return await create({ ...options, limits: { compileMs: 10_000, ...options.limits } });
}
