/**
 * Node flags of worker processes. A larger stack has space for WebAssembly frames, so that QuickJS reaches its own stack
 * limit before the thread's. isolated-vm recommends `--no-node-snapshot` because of crashes in Node 20 and 22; Node 24 and 26
 * had none in 10,000 isolates each, and a worker starts in two thirds of the time without the flag.
 */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  quickjs: ["--stack-size=3900"],
  v8: Number.parseInt(process.versions.node, 10) < 24 ? ["--no-node-snapshot"] : [],
};

/** @param hardened run V8 without its JIT compilers, where most of its security bugs are; then there is no WebAssembly */
export function nodeFlags(engineName: string, hardened: boolean): string[] {
  return ["--no-warnings", ...(FLAGS[engineName] ?? []), ...(hardened ? ["--jitless"] : [])];
}
