import {
  Lifetime,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSWASMModule,
} from "quickjs-emscripten-core";
import { CodecellError, messageOf } from "../../core/errors.ts";
import { GUEST_SOURCE } from "../guest/source.ts";
import {
  type Delivery,
  EngineSyntaxError,
  PROGRAM_FILE,
  type SavableVm,
  type Vm,
  type VmImage,
  type VmState,
} from "../vm.ts";
import { atTimeZero, type Booted } from "./boot.ts";
import type { FixedMemory } from "./fixed-memory.ts";
import type { HeapEnd } from "./heap-end.ts";
import {
  applyChanges,
  type MemoryImage,
  readImage,
  restoreImage,
  takeChanges,
  takeImage,
  writeImage,
} from "./memory-image.ts";
import type { RejectionTracker, TrackerPlace } from "./rejection-tracker.ts";

const INTERRUPTED = "the guest was interrupted";
/** The stack limit while booting, so that images are identical in places with different stacks. */
const BOOT_STACK_BYTES = 128 * 1024;
/** Number of jobs between two readings of the clock. */
const JOBS_AT_ONCE = 1_000;

export interface QuickJsVmOptions {
  readonly heapEnd: HeapEnd;
  readonly maxStackBytes: number;
  /** See {@link nameOfBoot}; all boots of an engine are identical, so one result is cached for all. */
  readonly nameOfBoot: (booted: MemoryImage) => Promise<string>;
  /** Called with a VM that is no longer used and can be reset. */
  readonly release: (vm: QuickJsVm) => void;
}

/** One booted QuickJS instance, with the image to which it is reset. */
export class QuickJsVm implements SavableVm {
  onSend: Vm["onSend"] = () => undefined;
  readonly clock = undefined;
  readonly #memory: FixedMemory;
  readonly #release: (vm: QuickJsVm) => void;
  readonly #runtime: QuickJSRuntime;
  readonly #context: QuickJSContext;
  readonly #start: QuickJSHandle;
  readonly #receive: QuickJSHandle;
  readonly #rejected: QuickJSHandle;
  readonly #maxStackBytes: number;
  readonly #nameOfBoot: (booted: MemoryImage) => Promise<string>;
  readonly #heapEnd: () => number;
  /** The state to which this VM is reset, and from which other VMs are made. */
  readonly booted: Booted;
  #deadline = Infinity;
  #stopped = false;
  #state: VmState = "usable";

  /** @param booted the state of another VM after booting; copying it takes a tenth of evaluating the prelude */
  constructor(
    library: QuickJSWASMModule,
    memory: FixedMemory,
    { heapEnd, maxStackBytes, nameOfBoot: name, release }: QuickJsVmOptions,
    tracker?: RejectionTracker,
    booted?: Booted,
  ) {
    this.#memory = memory;
    this.#release = release;
    this.#maxStackBytes = maxStackBytes;
    this.#nameOfBoot = name;
    this.#heapEnd = () => heapEnd(memory.wasm);
    [this.#runtime, this.#context] = atTimeZero(() => {
      const runtime = library.newRuntime({ maxStackSizeBytes: BOOT_STACK_BYTES });
      return [runtime, runtime.newContext()];
    });
    const place =
      booted === undefined
        ? tracker?.find(this.#runtime, this.#heapEnd(), mallocIn(library, 16))
        : booted.tracker;
    // A program can catch that memory ran out, but no interruption.
    this.#runtime.setInterruptHandler(
      () => this.#stopped || memory.exhausted || performance.now() >= this.#deadline,
    );
    // The library creates its side of the host port for each instance; in the guest's memory it is the same one.
    const send = this.#newSend();
    this.booted = booted ?? atTimeZero(() => this.#boot(send, tracker, place));
    if (booted !== undefined) restoreImage(memory.wasm, booted.image, this.#heapEnd());
    this.#start = new Lifetime(this.booted.start) as QuickJSHandle;
    this.#receive = new Lifetime(this.booted.receive) as QuickJSHandle;
    this.#rejected = new Lifetime(this.booted.rejected) as QuickJSHandle;
    if (place !== undefined)
      tracker?.report(place, (...rejection) => this.#onRejection(...rejection));
    this.#runtime.setMaxStackSize(maxStackBytes);
  }

  #newSend(): QuickJSHandle {
    return this.#context.newFunction("send", (kind, id, name, text) => {
      const answer = this.onSend(
        this.#context.getString(kind),
        this.#context.getNumber(id),
        this.#context.getString(name),
        this.#context.getString(text),
      );
      return answer === undefined ? this.#context.undefined : this.#context.newString(answer);
    });
  }

  /** Evaluates the prelude and passes it the host port. */
  #boot(
    send: QuickJSHandle,
    tracker: RejectionTracker | undefined,
    place: TrackerPlace | undefined,
  ): Booted {
    const context = this.#context;
    const boot = context.unwrapResult(
      context.evalCode(GUEST_SOURCE, "codecell", { type: "global" }),
    );
    const entries = context.unwrapResult(context.callFunction(boot, context.undefined, send));
    this.#runtime.executePendingJobs(); // what is pending now would be pending in every run
    const start = context.getProp(entries, "start").value;
    const receive = context.getProp(entries, "receive").value;
    const rejected = context.getProp(entries, "rejected").value;
    for (const handle of [boot, entries, send]) handle.dispose();
    if (place !== undefined) tracker?.set(place);
    const end = this.#heapEnd();
    const image = takeImage(this.#memory.wasm, end);
    return { image, end, start, receive, rejected, tracker: place };
  }

  /**
   * The guest remembers rejections, so that they are in its image. An exception must not pass through native frames; and an
   * interruption would be lost here, so nothing is called when the time is over.
   */
  #onRejection(promise: number, reason: number, isHandled: boolean): void {
    const isOver = this.#stopped || this.#memory.exhausted;
    if (isOver || performance.now() >= this.#deadline) return;
    const { undefined: none, true: yes, false: no } = this.#context;
    const values = [promise, reason].map(
      (address) => new Lifetime(address as QuickJSHandle["value"]) as QuickJSHandle,
    );
    try {
      const handled = isHandled ? yes : no;
      const called = this.#context.callFunction(this.#rejected, none, ...values, handled);
      (called.error ?? called.value).dispose();
    } catch {
      // the memory is used up
    }
  }

  /** Resets the VM to its state after booting. */
  reset(): this {
    restoreImage(this.#memory.wasm, this.booted.image, this.#heapEnd());
    this.#runtime.setMaxStackSize(this.#maxStackBytes);
    this.#memory.exhausted = false;
    this.#stopped = false;
    return this;
  }

  /** The pages that have changed since booting. */
  async save(): Promise<VmImage> {
    const changes = takeChanges(this.#memory.wasm, this.booted.image, this.#heapEnd());
    return { engine: await this.#nameOfBoot(this.booted.image), bytes: writeImage(changes) };
  }

  async load({ engine, bytes }: VmImage): Promise<void> {
    if (engine !== (await this.#nameOfBoot(this.booted.image)))
      throw foreign("it was made by another version");
    const changes = readImage(bytes);
    const end = Math.max(0, ...changes.stretches.map((one) => one.start + one.bytes.length));
    if (end > this.#memory.wasm.buffer.byteLength)
      throw foreign(`it needs more than ${this.#memory.memoryMb} MiB of memory`);
    applyChanges(this.#memory.wasm, changes);
    this.#runtime.setMaxStackSize(this.#maxStackBytes);
  }

  start(code: string, setup: string, budgetMs: number): void {
    this.#within(budgetMs, () => {
      const evaluated = this.#context.evalCode(code, PROGRAM_FILE, { type: "global" });
      if (evaluated.error) throw this.#syntaxError(evaluated.error);
      using program = evaluated.value;
      using text = this.#context.newString(setup);
      this.#call(this.#start, [program, text]);
    });
  }

  /** Before the program has run, an error's properties are the engine's own. */
  #syntaxError(error: QuickJSHandle): Error {
    using handle = error;
    if (this.#stopped || this.#memory.exhausted) return new Error("stopped while parsing");
    using message = this.#context.getProp(handle, "message");
    using stack = this.#context.getProp(handle, "stack");
    const syntaxError = new EngineSyntaxError(this.#context.getString(message));
    syntaxError.stack = this.#context.getString(stack);
    return syntaxError;
  }

  receive(kind: Delivery, id: number, text: string, budgetMs: number): void {
    this.#within(budgetMs, () => {
      using kindHandle = this.#context.newString(kind);
      using idHandle = this.#context.newNumber(id);
      using textHandle = this.#context.newString(text);
      this.#call(this.#receive, [kindHandle, idHandle, textHandle]);
    });
  }

  #call(target: QuickJSHandle, args: QuickJSHandle[]): void {
    const called = this.#context.callFunction(target, this.#context.undefined, ...args);
    if (called.error) {
      called.error.dispose();
      throw new Error(INTERRUPTED);
    }
    called.value.dispose();
    while (!this.#stopped && !this.#memory.exhausted && this.#runtime.hasPendingJob())
      this.#runJobs();
  }

  /** An interrupted job can look like one whose promise was rejected: only the clock distinguishes them. */
  #runJobs(): void {
    this.#runtime.executePendingJobs(JOBS_AT_ONCE).error?.dispose();
    if (performance.now() >= this.#deadline) throw new Error(INTERRUPTED);
  }

  /** Any exception of the library except an interruption leaves native frames open: the instance cannot be used any more. */
  #within(budgetMs: number, work: () => void): void {
    this.#deadline = performance.now() + budgetMs;
    try {
      work();
    } catch (error) {
      const known = error instanceof EngineSyntaxError || messageOf(error) === INTERRUPTED;
      // Errors of the guest are never thrown here: a RangeError means that native frames used up this thread's stack.
      if (!known) this.#state = error instanceof RangeError ? "out_of_stack" : "broken";
      throw error;
    } finally {
      this.#deadline = Infinity;
    }
  }

  stop(_when: "now" | "soon"): void {
    this.#stopped = true;
  }

  get state(): VmState {
    return this.#state;
  }

  get exhausted(): boolean {
    return this.#memory.exhausted;
  }

  get memoryMb(): number {
    return this.#memory.memoryMb;
  }

  /** Bytes by which the heap has grown since booting. */
  get growth(): number {
    return this.#heapEnd() - this.booted.end;
  }

  heapBytes(): number {
    return this.#heapEnd();
  }

  /** An instance is never freed, because QuickJS aborts when promises are unsettled: it is reset, or dropped as a whole. */
  [Symbol.dispose](): void {
    if (this.#state === "usable") this.#release(this);
  }
}

function foreign(reason: string): CodecellError {
  return new CodecellError("config_error", `the snapshot cannot be restored here: ${reason}`);
}

/** Memory of the VM's own heap, which it never frees. */
function mallocIn(library: QuickJSWASMModule, bytes: number): number {
  const { module } = library.getFFI() as unknown as { module: { _malloc(bytes: number): number } };
  return module._malloc(bytes);
}
