import type { Bridge } from "./bridge.ts";
import { CodecellError } from "./core/errors.ts";
import { decode } from "./core/decode.ts";
import { renderJson } from "./core/render.ts";
import type { JsonValue } from "./core/result.ts";
import type { Backing, Newer, Visit } from "./session/backing.ts";
import { SessionVm, type SessionVmOptions } from "./session/session-vm.ts";
import {
  readSnapshot,
  type SavedRun,
  type SavedSession,
  writeSnapshot,
} from "./session/snapshot.ts";
import type { Workspace } from "./session/workspace.ts";

/** A tool call that a restored session waits for. */
export interface PendingCall {
  readonly id: number;
  /** `server.tool` as the program spelled it. */
  readonly tool: string;
  readonly args: JsonValue;
}

/** The run at work, with its host. */
export interface ActiveRun extends Pick<SavedRun, "source" | "limits"> {
  readonly bridge: Bridge;
}

export interface StateParts {
  readonly vm: Omit<SessionVmOptions, "start">;
  readonly workspace: Workspace;
  /** Where the session's state is kept beyond this process, if anywhere. */
  readonly backing: Backing | undefined;
}

/** All that a session is, live: its VM, its files, a run that it was saved in the midst of. */
export class SessionState {
  readonly #options: Omit<SessionVmOptions, "start">;
  readonly #workspace: Workspace;
  readonly #backing: Backing | undefined;
  vm: SessionVm;
  suspended: SavedRun | undefined;

  constructor({ vm, workspace, backing }: StateParts, saved: SavedSession | undefined) {
    this.#options = vm;
    this.#workspace = workspace;
    this.#backing = backing;
    this.vm = this.#load(saved);
  }

  #load(saved: SavedSession | undefined): SessionVm {
    if (saved !== undefined) this.#workspace.load(saved.files);
    this.suspended = saved?.run;
    if (saved?.vm === undefined) return new SessionVm(this.#options);
    const { vm, programs, declared } = saved;
    return new SessionVm({ ...this.#options, start: { vm, programs, declared } });
  }

  /** Become what was saved; without it, what a new session is. */
  async become(saved?: SavedSession): Promise<void> {
    await this.vm.end();
    this.#workspace.clear();
    this.vm = this.#load(saved);
  }

  /** Take what other processes have made of it. False when it is gone. */
  async refresh(): Promise<boolean> {
    const newer = await this.#backing?.peek();
    if (newer === undefined) return true;
    await this.#take(newer);
    return newer.snapshot !== undefined;
  }

  /**
   * With a store: take what others made of the session meanwhile, and leave there what it has become.
   * @param onUnsaved what is answered when that fails. Default: it is thrown
   */
  async visit<T>(
    source: string,
    work: (visit: Visit | undefined) => Promise<T>,
    onUnsaved?: (result: T, problem: CodecellError) => T,
  ): Promise<T> {
    const backing = this.#backing;
    if (backing === undefined) return await work(undefined);
    await using visit = await backing.enter(source);
    if (visit.newer !== undefined) await this.#take(visit.newer);
    const result = await work(visit);
    try {
      await visit.save(await this.bytes(undefined));
      return result;
    } catch (error) {
      await visit.settle().catch(() => {});
      if (onUnsaved === undefined || !CodecellError.is(error)) throw error;
      return onUnsaved(result, error);
    }
  }

  async #take({ snapshot, accept }: Newer): Promise<void> {
    await this.become(snapshot && (await readSnapshot(snapshot)));
    accept();
  }

  /** Calls that the suspended run waits for. */
  async pending(): Promise<PendingCall[]> {
    if (this.suspended === undefined) return [];
    const vm = await this.vm.save();
    return (vm?.calls ?? [])
      .filter(({ kind }) => kind === "call")
      .map(({ id, server, tool, args }) => ({
        id,
        tool: server === "" ? tool : `${server}.${tool}`,
        args: renderJson(decode(args)),
      }));
  }

  /** As a snapshot; with the run at work, if there is one. */
  async bytes(active: ActiveRun | undefined): Promise<Uint8Array> {
    const { limits, seed, now } = this.#options;
    const vm = await this.vm.save();
    const run = active === undefined ? this.suspended : savedRun(active);
    return await writeSnapshot({
      limits,
      ...(seed === undefined ? {} : { seed }),
      ...(now === undefined ? {} : { now }),
      programs: this.vm.programs,
      declared: this.vm.declared,
      ...(vm === undefined ? {} : { vm }),
      ...(run === undefined || vm?.running !== true ? {} : { run }),
      files: [...this.#workspace.entries()],
    });
  }
}

function savedRun({ source, limits, bridge }: ActiveRun): SavedRun {
  // A call without an end is made known again when its answer is there.
  const calls = bridge.calls.filter(({ ok, error }) => ok || error !== undefined);
  return { source, limits, logs: bridge.logs.entries(), calls: structuredClone(calls) };
}
