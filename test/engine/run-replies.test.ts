/** Replies are work of the host, while an engine's own clock may not run: what asks for them is under the limit all the same. */
import { afterEach, expect, test, vi } from "vitest";
import type { Program } from "../../src/core/program.ts";
import type { Host } from "../../src/engine/engine.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { Run } from "../../src/engine/run.ts";
import type { Vm } from "../../src/engine/vm.ts";
import { VmContext } from "../../src/engine/vm-context.ts";

const CPU_MS = 1_000;
let now = 0;
afterEach(() => {
  vi.restoreAllMocks();
});

/** A VM that asks while it may compute, and once more when its time is up. */
class AskingVm implements Vm {
  onSend: Vm["onSend"] = () => undefined;
  readonly state = "usable";
  readonly exhausted = false;
  readonly replies: (string | undefined)[] = [];
  readonly stops: string[] = [];

  start(): void {
    this.replies.push(this.onSend("member", 0, "", "nothing"));
    now += CPU_MS;
    this.replies.push(this.onSend("callee", 0, "nothing", ""));
    this.replies.push(this.onSend("now", 0, "", ""));
  }

  receive(): void {}

  stop(when: "now" | "soon"): void {
    this.stops.push(when);
  }

  heapBytes(): number {
    return 0;
  }

  [Symbol.dispose](): void {}
}

test("a program whose time is up gets no reply, and is stopped", async () => {
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const vm = new AskingVm();
  const limits = { ...DEFAULT_LIMITS, cpuMs: CPU_MS };
  const names = { version: "1", servers: [] };
  const host = {} as Partial<Host> as Host;
  const parts = { vm, limits, names, host, vmContext: new VmContext(), run: 1, keep: false };
  const program = { code: "", words: [], free: [] } as Partial<Program> as Program;
  const outcome = await new Run(parts).start(program, new AbortController().signal);
  expect(outcome).toMatchObject({ ok: false, error: { code: "cpu_limit" } });
  expect(vm.replies).toEqual(["", undefined, undefined]);
  expect(vm.stops).toEqual(["now"]);
});
