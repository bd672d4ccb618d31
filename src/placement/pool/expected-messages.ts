import type { Limits } from "../../core/limits.ts";
import { MAX_FREE_CALLS } from "../../core/meter.ts";
import { ProtocolError } from "../channel/fields.ts";
import { largestHead, largestSavedVm, typeOf } from "../channel/message-caps.ts";
import type { ToHost } from "../channel/protocol.ts";

type Type = ToHost["type"];
type Reply = "opened" | "saved";

/** How much of one type of message may come. */
interface Allowance {
  /** Number of messages. */
  readonly count: number;
  /** Bytes of one message. */
  readonly largest: number;
  /**
   * Bytes of all of them; of each one, the size of a usual head is free.
   * @default Infinity
   */
  readonly total?: number;
  /**
   * Number of messages that each millisecond adds to the count.
   * @default 0
   */
  readonly perMs?: number;
}

/** Bytes of a head with two names that are as long as they may be. */
const USUAL_HEAD = 16 * 1024;

class Account {
  readonly #allowance: Allowance;
  readonly #head: number;
  readonly #since: number;
  #count = 0;
  #bytes = 0;

  constructor(type: Type, allowance: Allowance, since: number) {
    this.#allowance = allowance;
    this.#head = Math.min(largestHead(type), USUAL_HEAD);
    this.#since = since;
  }

  /** Counts a message. Returns false where it is one too many. */
  take(bytes: number): boolean {
    const { count, largest, total = Infinity, perMs = 0 } = this.#allowance;
    this.#bytes += Math.max(0, bytes - this.#head);
    if (++this.#count > count && !this.#isInTime(count, perMs)) return false;
    return bytes <= largest && this.#bytes <= total;
  }

  #isInTime(count: number, perMs: number): boolean {
    return perMs > 0 && this.#count <= count + perMs * (performance.now() - this.#since);
  }
}

/** Reports of waiting at once: more than a program of 10,000 timers causes in the milliseconds that a worker starts with. */
const FIRST_REPORTS = 1_000;
/** A worker reports once per turn of its event loop that it waits or does not; timers are due in whole milliseconds. */
const REPORTS_PER_MS = 4;
/** A VM reports what it dropped when that has doubled, and at its end. */
const MAX_DROP_REPORTS = 1_000;
/** Log entries over the cap that are dropped unread before the worker counts as hostile. An engine may leave its cap to us. */
const MAX_EXCESS_LOGS = 10_000;
const MAX_EXCESS_LOG_BYTES = 16 * 1024 * 1024;

const REPLIES: ReadonlySet<string> = new Set<Type>(["opened", "saved", "refused"]);
const SMALL_REPLY = 1_024;

/** What a run may send besides its limits. */
export interface RunKind {
  readonly limits: Limits;
  /** Whether the worker's side may call tools itself. */
  readonly callsTools: boolean;
  /** Whether the run was saved in its midst: it repeats the calls that were open then. */
  readonly resumed: boolean;
}

/**
 * What a worker may send now, by type, number and size. No message of a worker is decoded that is not due, or for which its run has
 * no budget: it ends the worker before any work is done on it. Only counters are kept, so that a message costs nothing more.
 */
export class ExpectedMessages {
  readonly #due = new Map<string, Account>();
  /** The replies that were asked for, in the order of the questions. */
  readonly #asked: { readonly type: Reply; readonly largest: number }[] = [];
  readonly #onExcessLog: (bytes: number) => void;
  #excessLogs = 0;
  #excessLogBytes = 0;

  /** @param onExcessLog called with the size of a log entry that was dropped unread */
  constructor(onExcessLog: (bytes: number) => void) {
    this.#onExcessLog = onExcessLog;
    for (const type of ["ready", "unavailable"] as const) this.#expectOne(type);
  }

  /** The gate of the worker's channel. @throws ProtocolError */
  readonly admit = (start: string, bytes: number): boolean => {
    const type = typeOf(start);
    const account = this.#due.get(type);
    if (account === undefined) return this.#admitReply(type, bytes);
    if (account.take(bytes)) return true;
    if (type === "log") return this.#dropLog(bytes);
    throw new ProtocolError(`it sent more in messages '${type}' than it may`);
  };

  #admitReply(type: string, bytes: number): true {
    const [next] = this.#asked;
    // A small one that nobody asked for is read, so that the error says what is wrong with it.
    if (next === undefined && REPLIES.has(type) && bytes <= SMALL_REPLY) return true;
    const isDue = next !== undefined && (type === next.type || type === "refused");
    if (!isDue) throw new ProtocolError("it sent a message that was not due");
    const largest = type === "refused" ? largestHead(type) : next.largest;
    if (bytes > largest) throw new ProtocolError(`it sent a reply of ${bytes} bytes`);
    return true;
  }

  #dropLog(bytes: number): false {
    this.#excessLogs++;
    this.#excessLogBytes += bytes;
    if (this.#excessLogs > MAX_EXCESS_LOGS || this.#excessLogBytes > MAX_EXCESS_LOG_BYTES)
      throw new ProtocolError("it sent far more logs than its run may have");
    this.#onExcessLog(bytes);
    return false;
  }

  #expect(type: Type, allowance: Allowance, since = 0): void {
    this.#due.set(type, new Account(type, allowance, since));
  }

  #expectOne(type: Type, bodyBytes = 0): void {
    this.#expect(type, { count: 1, largest: largestHead(type) + bodyBytes });
  }

  /** A run begins. */
  begin({ limits, callsTools, resumed }: RunKind): void {
    const { toolCalls, callBytes, bridgeBytes, logBytes } = limits;
    const calls = (toolCalls + MAX_FREE_CALLS + 1) * (resumed ? 2 : 1);
    const largest = callBytes + largestHead("call");
    this.#expect("call", { count: calls, largest, total: bridgeBytes * (resumed ? 2 : 1) });
    if (callsTools)
      this.#expect("called", { count: toolCalls + 1, largest: largestHead("called") });
    const most = logBytes + largestHead("log");
    this.#expect("log", { count: most, largest: most, total: logBytes });
    this.#expect("dropped", { count: MAX_DROP_REPORTS, largest: largestHead("dropped") });
    const now = performance.now();
    for (const type of ["idle", "busy"] as const) {
      const head = largestHead(type);
      this.#expect(type, { count: FIRST_REPORTS, perMs: REPORTS_PER_MS, largest: head }, now);
    }
    // Names that a program declared may have characters of three bytes.
    this.#expectOne("outcome", callBytes + largestHead("outcome"));
    this.#excessLogs = this.#excessLogBytes = 0;
  }

  /** The run has reported its outcome. */
  end(): void {
    for (const type of RUN_TYPES) this.#due.delete(type);
  }

  /** The worker reports when it is free. */
  expectReady(): void {
    this.#expectOne("ready");
  }

  /** The worker is asked for a reply of this type, or a refusal. */
  ask(type: Reply, limits: Limits): void {
    const largest = type === "saved" ? largestSavedVm(limits) : largestHead(type);
    this.#asked.push({ type, largest });
  }

  /** It has replied. */
  replied(): void {
    this.#asked.shift();
  }

  /** It has reported that it is ready, for the first time or after a run. */
  onReady(): void {
    this.#due.delete("ready");
    this.#due.delete("unavailable");
  }
}

const RUN_TYPES: readonly Type[] = ["call", "called", "log", "dropped", "idle", "busy", "outcome"];
