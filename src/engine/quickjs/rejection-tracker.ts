/**
 * QuickJS has a hook for promises that are rejected without a handler, and for handlers that come later
 * (`JS_SetHostPromiseRejectionTracker`), which quickjs-emscripten does not offer: it is set here.
 */
import type { QuickJSRuntime } from "quickjs-emscripten-core";
import { TABLE_NAME } from "./table-export.ts";

/** Called with addresses of values that are valid during the call. `isHandled`: a handler was added to a promise that was reported. */
export type OnRejection = (promise: number, reason: number, isHandled: boolean) => void;

/** Where the hook of all instances is, found once, because all boots are identical. */
export interface TrackerPlace {
  /** Address of the field of the runtime that has the hook's number in the table. */
  readonly field: number;
  /** Address of two values. */
  readonly values: number;
}

const WORD = 4;
const VALUE = 8;
/** In `JSRuntime` the hook is two words behind the interrupt handler. */
const BEHIND_INTERRUPT = 2 * WORD;

/**
 * A module that turns a function of JavaScript into one of C's type
 * `void (JSContext *, JSValue promise, JSValue reason, int isHandled, void *)`, where a value has 64 bits.
 */
const ADAPTER = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic, version
  ...[1, 9, 1, 0x60, 5, 0x7f, 0x7e, 0x7e, 0x7f, 0x7f, 0], // type 0: (i32, i64, i64, i32, i32) → ()
  ...[2, 7, 1, 1, 0x65, 1, 0x66, 0, 0], // import "e" "f": type 0
  ...[7, 5, 1, 1, 0x66, 0, 0], // export "f"
]);
/** Compiled when it is first needed: a place that compiles nothing has no table either. */
let compiledAdapter: WebAssembly.Module | undefined;

/** Reports rejections of one instance. */
export class RejectionTracker {
  readonly #memory: WebAssembly.Memory;
  readonly #number: number;
  #values = 0;
  #onRejection: OnRejection | undefined;

  /** `undefined` for a build whose table is not exported. */
  static in(
    exports: WebAssembly.Exports | undefined,
    memory: WebAssembly.Memory,
  ): RejectionTracker | undefined {
    const table = exports?.[TABLE_NAME];
    return table instanceof WebAssembly.Table ? new RejectionTracker(table, memory) : undefined;
  }

  private constructor(table: WebAssembly.Table, memory: WebAssembly.Memory) {
    this.#memory = memory;
    const f = (_: number, promise: bigint, reason: bigint, isHandled: number): void =>
      this.#report(promise, reason, isHandled !== 0);
    compiledAdapter ??= new WebAssembly.Module(ADAPTER);
    const adapter = new WebAssembly.Instance(compiledAdapter, { e: { f } });
    this.#number = table.grow(1);
    table.set(this.#number, adapter.exports.f);
  }

  #report(promise: bigint, reason: bigint, isHandled: boolean): void {
    if (this.#onRejection === undefined) return;
    const view = new DataView(this.#memory.buffer);
    view.setBigUint64(this.#values, BigInt.asUintN(64, promise), true);
    view.setBigUint64(this.#values + VALUE, BigInt.asUintN(64, reason), true);
    this.#onRejection(this.#values, this.#values + VALUE, isHandled);
  }

  /**
   * Finds the hook in a new runtime. Its interrupt handler has to be set again after that.
   * @param end of the heap
   * @param values address of 16 free bytes
   */
  find(runtime: QuickJSRuntime, end: number, values: number): TrackerPlace {
    const words = new Uint32Array(this.#memory.buffer, 0, Math.floor(end / WORD));
    runtime.removeInterruptHandler();
    const before = words.slice();
    runtime.setInterruptHandler(() => false);
    const field = words.findIndex(
      (word, at) => before[at] === 0 && word > 0 && word < this.#number,
    );
    if (field < 0) throw new Error("this QuickJS build has its interrupt handler elsewhere");
    return { field: field * WORD + BEHIND_INTERRUPT, values };
  }

  /** Sets the hook, which is in the image of the VM from then on. */
  set({ field }: TrackerPlace): void {
    new DataView(this.#memory.buffer).setUint32(field, this.#number, true);
  }

  /** From now on rejections are reported. */
  report({ values }: TrackerPlace, onRejection: OnRejection): void {
    this.#values = values;
    this.#onRejection = onRejection;
  }
}
