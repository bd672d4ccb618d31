import type { Answer } from "../core/answer.ts";
import type { SavedCall, SavedVm } from "./engine.ts";
import { RunTimers } from "./run-timers.ts";
import { Randomness } from "./vm-services.ts";

/** The state of a VM outside its own memory: what it waits for, and its source of randomness. */
export class VmContext {
  readonly timers: RunTimers;
  readonly randomness: Randomness;
  /** Calls without an answer. */
  readonly calls: Map<number, SavedCall>;
  /** Answers that have not been delivered, because no run was active when they came. */
  readonly answers: Set<readonly [id: number, answer: Answer]>;

  constructor(saved?: SavedVm, seed?: string) {
    this.timers = new RunTimers(saved?.timers);
    this.randomness = new Randomness(seed, saved?.drawn);
    this.calls = new Map(saved?.calls.map((call) => [call.id, call]));
    this.answers = new Set(saved?.answers);
  }

  save(): Pick<SavedVm, "timers" | "drawn" | "calls" | "answers"> {
    return {
      timers: this.timers.left(),
      drawn: this.randomness.drawn,
      calls: [...this.calls.values()],
      answers: [...this.answers],
    };
  }
}
