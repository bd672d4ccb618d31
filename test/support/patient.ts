/** The product with more patience: how busy the machine is must decide no test. */
import { createRuntime as create, type Runtime, type RuntimeOptions } from "../../src/index.ts";

/**
 * `createRuntime`, whose servers may take longer to connect, and whose programs may wait longer for their turn to be compiled and to
 * compute than the defaults allow. Servers of tests that fail do so on purpose.
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  return await create({
    startMs: 120_000,
    warn: false,
    ...options,
    limits: { cpuMs: 20_000, compileMs: 10_000, ...options.limits },
  });
}
