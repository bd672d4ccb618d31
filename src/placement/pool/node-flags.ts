/**
 * Flags of our own children. A larger stack gives WebAssembly frames room, so that QuickJS sees its own stack limit before
 * the thread's. isolated-vm asks for `--no-node-snapshot`, for crashes of Node 20 and 22; on 24 and 26 there were none in
 * 10,000 isolates each, and a worker starts in two thirds of the time without it.
 */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  quickjs: ["--stack-size=3900"],
};

/** @param hardened run V8 without its compilers, where most of its security bugs are; there is no WebAssembly then */
export function nodeFlags(engineName: string, hardened: boolean): string[] {
  return ["--no-warnings", ...(FLAGS[engineName] ?? []), ...(hardened ? ["--jitless"] : [])];
}
