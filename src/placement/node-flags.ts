/**
 * Flags of our own children. isolated-vm asks for `--no-node-snapshot`; a larger stack gives WebAssembly frames room, so
 * that QuickJS sees its own stack limit before the thread's.
 */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  v8: ["--no-node-snapshot"],
  quickjs: ["--stack-size=3900"],
};

/** @param hardened run V8 without its compilers, where most of its security bugs are; there is no WebAssembly then */
export function nodeFlags(engineName: string, hardened: boolean): string[] {
  return ["--no-warnings", ...(FLAGS[engineName] ?? []), ...(hardened ? ["--jitless"] : [])];
}
