/** Memory of what runs leave on the host, about: of a run or session, of its user, of this process. */
import type { FlowName } from "../../core/fair-queue.ts";
import { ToolError } from "../../core/tool-error.ts";

/** Memory of what is kept, about. Handles of parts of one result share it. */
export interface Weight {
  readonly bytes: number;
}

interface Weighted {
  readonly weights: readonly Weight[];
}

const MIB = 1024 * 1024;
/** What all runs of one user, and all of this process, keep together. One run alone may have more: see `keptBytes`. */
const USER_BYTES = 512 * MIB;
const PROCESS_BYTES = 1024 * MIB;

const ofUsers = new Map<FlowName, number>();
let ofAll = 0;

function count(user: FlowName, bytes: number): void {
  ofAll += bytes;
  const own = (ofUsers.get(user) ?? 0) + bytes;
  if (own === 0) ofUsers.delete(user);
  else ofUsers.set(user, own);
}

/** The results that are open, of a run or of its session. */
export class OpenResults {
  readonly #user: FlowName;
  readonly #open = new Set<Weighted>();
  readonly #holders = new Map<Weight, number>();
  #bytes = 0;

  constructor(user: FlowName) {
    this.#user = user;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(result: Weighted): void {
    this.#open.add(result);
    for (const weight of result.weights) {
      const holders = this.#holders.get(weight) ?? 0;
      this.#holders.set(weight, holders + 1);
      if (holders === 0) this.#count(weight.bytes);
    }
  }

  delete(result: Weighted): void {
    if (!this.#open.delete(result)) return;
    for (const weight of result.weights) {
      const holders = this.#holders.get(weight)! - 1;
      if (holders > 0) this.#holders.set(weight, holders);
      else {
        this.#holders.delete(weight);
        this.#count(-weight.bytes);
      }
    }
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    count(this.#user, bytes);
  }

  /** Counts a result while it is made, for everybody else. Made at the end of that by {@link add}. */
  growth(keptBytes: number): Growth {
    return new Growth(this.#user, keptBytes);
  }

  /** @throws ToolError `output_limit` over the cap of the run, `quota_exceeded` over those that it shares */
  check(keptBytes: number): void {
    if (this.#bytes > keptBytes)
      throw new ToolError(
        "output_limit",
        `what the run leaves on the host would take more than ${keptBytes} bytes (keptBytes)`,
        { hint: "Close handles that are done with: `await h.close()`." },
      );
    checkShared(this.#user, keptBytes);
  }
}

export class Growth implements Disposable {
  readonly #user: FlowName;
  readonly #keptBytes: number;
  #bytes = 0;

  constructor(user: FlowName, keptBytes: number) {
    this.#user = user;
    this.#keptBytes = keptBytes;
  }

  /** @throws ToolError `quota_exceeded` */
  readonly to = (bytes: number): void => {
    count(this.#user, bytes - this.#bytes);
    this.#bytes = bytes;
    checkShared(this.#user, this.#keptBytes);
  };

  [Symbol.dispose](): void {
    count(this.#user, -this.#bytes);
    this.#bytes = 0;
  }
}

/** Runs without a user are not those of one, see admission.ts. */
function checkShared(user: FlowName, keptBytes: number): void {
  const own = user === undefined ? 0 : (ofUsers.get(user) ?? 0);
  const [userCap, processCap] = [USER_BYTES, PROCESS_BYTES].map((cap) => Math.max(cap, keptBytes));
  const breached =
    own > userCap!
      ? `all runs of this user together would leave more than ${userCap!} bytes on the host`
      : ofAll > processCap!
        ? `all runs of the host together would leave more than ${processCap!} bytes there`
        : undefined;
  if (breached === undefined) return;
  throw new ToolError("quota_exceeded", `${breached}, which is the cap`, {
    hint: "Ask the tool for less, close handles that are done with, or try again later.",
  });
}
