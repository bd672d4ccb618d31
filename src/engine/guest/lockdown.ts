import * as native from "../../core/primordials.ts";

/**
 * Removes what a VM must not have: memory that no engine counts (WebAssembly, shared and resizable buffers) and calls that
 * block a thread and cannot be interrupted (Atomics.wait). It also freezes `concat`: QuickJS calls it for template literals,
 * also those of the prelude.
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
      // The options are not passed on, so a getter cannot return something else at a second read.
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
