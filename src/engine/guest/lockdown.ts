import * as native from "../../core/primordials.ts";

/**
 * Remove what must not be in a VM: ways to memory that no engine counts (WebAssembly, shared and resizable buffers)
 * and ways to block a thread that nothing interrupts (Atomics.wait). QuickJS carries out template literals, the
 * prelude's own too, by calling `concat`: it stays what it is.
 */
export function lockDown(): void {
  for (const name of ["WebAssembly", "SharedArrayBuffer", "Atomics", "ShadowRealm"])
    delete (globalThis as never)[name];
  native.defineProperty(String.prototype, "concat", {
    value: String.prototype.concat,
    writable: false,
    configurable: false,
  });
  const { prototype } = ArrayBuffer;
  for (const name of ["resize", "transfer", "transferToFixedLength"])
    delete (prototype as never)[name];
  const Guarded = new Proxy(ArrayBuffer, {
    __proto__: null,
    construct(target: ArrayBufferConstructor, args: unknown[], newTarget: never): object {
      // The options are not passed on at all, so a getter cannot show them differently the second time.
      if (args[1] !== undefined)
        throw new RangeError("a resizable ArrayBuffer is not available here");
      return Reflect.construct(target, [args[0]], newTarget);
    },
  } as never);
  native.defineProperty(prototype, "constructor", {
    value: Guarded,
    writable: true,
    configurable: true,
  });
  native.defineProperty(globalThis, "ArrayBuffer", {
    value: Guarded,
    writable: true,
    configurable: true,
  });
}
