import { hash } from "node:crypto";
import { CodecellError } from "../../core/errors.ts";
import { GUEST_SOURCE } from "../guest/source.ts";
import type { Delivery, SavableVm, Vm, VmImage, VmState } from "../vm.ts";

/** One input of the VM (a program, a delivery), or what it sent with the reply that it got. */
type Entry =
  | readonly ["start", code: string, setup: string]
  | readonly ["receive", kind: Delivery, id: number, text: string]
  | readonly ["send", what: string, answer: string | null];

const PRELUDE = hash("sha256", GUEST_SOURCE);
/** A VM with a longer journal cannot be saved. */
const MAX_CHARACTERS = 16 * 1024 * 1024;
const CLOCK_TOLERANCE_MS = 2;
/** The same cap in bytes of JSON, three per character (only escapes take more). In base64 it fits into any message (message-caps.ts). */
const MAX_BYTES = 3 * MAX_CHARACTERS;

/**
 * A VM that can be restored although its memory cannot be copied: all inputs, with readings of the clock and randomness, are
 * recorded in a journal and replayed in a new VM in the same order. The host is not involved: no tool is called twice. If the
 * new VM sends anything else than the old one did, the replay fails.
 */
export class ReplayedVm implements SavableVm {
  onSend: Vm["onSend"] = () => undefined;
  readonly clock = "host";
  readonly rethrowsRejections: boolean;
  readonly #vm: Vm;
  readonly #engine: string;
  #journal: Entry[] = [];
  #characters = 0;

  constructor(vm: Vm, engine: string) {
    this.#vm = vm;
    this.rethrowsRejections = vm.rethrowsRejections ?? false;
    this.#engine = `${engine} ${PRELUDE}`;
    this.#listen();
  }

  #listen(): void {
    this.#vm.onSend = (kind, id, name, text) => {
      const answer = this.onSend(kind, id, name, text);
      this.#record(["send", describe(kind, id, name, text), answer ?? null]);
      return answer;
    };
  }

  #record(entry: Entry): void {
    this.#characters += entry.reduce<number>((sum, part) => sum + `${part}`.length, 16);
    if (this.#characters > MAX_CHARACTERS) this.#journal = [];
    else this.#journal.push(entry);
  }

  start(code: string, setup: string, budgetMs: number): void {
    this.#record(["start", code, setup]);
    this.#vm.start(code, setup, budgetMs);
  }

  receive(kind: Delivery, id: number, text: string, budgetMs: number): void {
    this.#record(["receive", kind, id, text]);
    this.#vm.receive(kind, id, text, budgetMs);
  }

  stop(when: "now" | "soon"): void {
    this.#vm.stop(when);
  }

  get state(): VmState {
    return this.#vm.state;
  }

  get exhausted(): boolean {
    return this.#vm.exhausted;
  }

  heapBytes(): number {
    return this.#vm.heapBytes();
  }

  async save(): Promise<VmImage> {
    if (this.#characters > MAX_CHARACTERS)
      throw refusal(`its journal is longer than ${MAX_CHARACTERS} characters`);
    const bytes = Buffer.from(JSON.stringify(this.#journal));
    if (bytes.length > MAX_BYTES) throw refusal(`its journal is larger than ${MAX_BYTES} bytes`);
    return { engine: this.#engine, bytes };
  }

  async load({ engine, bytes }: VmImage, budgetMs: number): Promise<void> {
    if (engine !== this.#engine) throw refusal("it was made by another engine or version");
    const entries = JSON.parse(Buffer.from(bytes).toString()) as Entry[];
    new Replay(this.#vm, entries, budgetMs).run();
    for (const entry of entries) this.#record(entry);
    this.#listen();
  }

  [Symbol.dispose](): void {
    this.#vm[Symbol.dispose]();
  }
}

class Replay {
  readonly #vm: Vm;
  readonly #entries: readonly Entry[];
  readonly #budgetMs: number;
  readonly #deadline: number;
  #at = 0;
  #programs = 0;
  #divergence: string | undefined;

  /** @param budgetMs time for all of it: a replay repeats the computations of the programs */
  constructor(vm: Vm, entries: readonly Entry[], budgetMs: number) {
    this.#vm = vm;
    this.#entries = entries;
    this.#budgetMs = budgetMs;
    this.#deadline = performance.now() + budgetMs;
    vm.onSend = (kind, id, name, text) => this.#answer(describe(kind, id, name, text));
  }

  run(): void {
    while (this.#at < this.#entries.length) {
      const entry = this.#entries[this.#at++]!;
      if (entry[0] === "send") throw this.#diverged(`did not ${plain(entry[1])}`);
      try {
        if (entry[0] === "start") this.#start(entry[1], entry[2]);
        else this.#vm.receive(entry[1], entry[2], entry[3], this.#leftMs());
      } catch (error) {
        // An engine rethrows an unhandled rejection; the state shows whether the VM is usable.
        if (this.#vm.state !== "usable" || CodecellError.is(error)) throw error;
        this.#leftMs(); // or it was stopped
      }
      if (this.#divergence !== undefined) throw this.#diverged(this.#divergence);
    }
  }

  #start(code: string, setup: string): void {
    this.#programs++;
    this.#vm.start(code, setup, this.#leftMs());
  }

  /** An engine's timer may fire a little early: what is left after it is no time. */
  #leftMs(): number {
    const leftMs = Math.ceil(this.#deadline - performance.now());
    if (leftMs <= CLOCK_TOLERANCE_MS)
      throw refusal(`its programs compute for more than ${this.#budgetMs} ms`);
    return leftMs;
  }

  #answer(what: string): string | undefined {
    const expected = this.#entries[this.#at];
    if (expected?.[0] === "send" && expected[1] === what) {
      this.#at++;
      return expected[2] ?? undefined;
    }
    const before = expected?.[0] === "send" ? `, where it had done: ${plain(expected[1])}` : "";
    this.#divergence ??= `did: ${plain(what)}${before}`;
    return undefined;
  }

  #diverged(what: string): CodecellError {
    return refusal(
      `program ${this.#programs} of the session is not deterministic: when it was replayed it ${what}`,
    );
  }
}

/** A message of the VM for the journal, with a digest in place of a long text. */
function describe(kind: string, id: number, name: string, text: string): string {
  return `${kind} ${id} ${name} ${text.length > 100 ? hash("sha256", text) : text}`;
}

function plain(what: string): string {
  return what.replaceAll("\n", ".").slice(0, 200);
}

function refusal(reason: string): CodecellError {
  return new CodecellError("config_error", `the session cannot be replayed: ${reason}`, {
    hint: "Sessions of engine 'quickjs' are saved as memory, whatever their programs do.",
  });
}
