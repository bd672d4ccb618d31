/** What of a server's messages is let in: answers that were asked for, and so much of everything else. */
import { setTimeout as delay } from "node:timers/promises";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { mostParts } from "../../core/parts.ts";
import { Turns } from "../../core/turns.ts";
import { Bucket } from "./bucket.ts";
import { MAX_ENTRY_BYTES, MAX_ENTRY_PARTS, MAX_PAGE_BYTES } from "./list-limits.ts";
import { findId, requestIdOf } from "./message.ts";
import { joinLists, type SlicedAnswer } from "./sliced-lists.ts";

/** Messages that nobody asked for (notifications, requests, garbage): so many at once, then so many a second. */
const MESSAGES = { size: 5_000, perSecond: 1_000 };
/** Their bytes. Parsing as much takes a few milliseconds of a second. */
const BYTES = { size: 8 * 1024 * 1024, perSecond: 1024 * 1024 };
/** One that is larger is thrown away before it is parsed. */
const MAX_UNASKED_BYTES = 1024 * 1024;
/** Requests of a server, each of which is answered. */
const REQUESTS = { size: 500, perSecond: 50 };
/** How long a server that floods is not read after each turn, in ms: it may cost a quarter of the thread. */
const FLOOD_PAUSE_MS = 25;

/** What becomes of a message: it is read, it is thrown away, or its request fails since it is larger than `maxBytes`. */
export type Verdict =
  | { readonly kind: "read"; readonly maxParts: number; readonly list?: number }
  | { readonly kind: "drop" }
  | { readonly kind: "too_large"; readonly id: number; readonly maxBytes: number };

const READ_SELF: Verdict = { kind: "read", maxParts: MAX_ENTRY_PARTS };
const DROP: Verdict = { kind: "drop" };

/**
 * The counters of one connection. Whatever a server sends, the work for it is bounded: by what was asked for, and by rates
 * for the rest.
 */
export class Intake {
  readonly maxBytes: number;
  /** Most parts of a message. */
  readonly maxParts: number;
  readonly #onFlood: (dropped: number) => void;
  readonly #messages = new Bucket(MESSAGES.size, MESSAGES.perSecond);
  readonly #bytes = new Bucket(BYTES.size, BYTES.perSecond);
  readonly #requests = new Bucket(REQUESTS.size, REQUESTS.perSecond);
  /** The method of each request without an answer. */
  readonly #asked = new Map<number, string>();
  /** Lists of answers that are on their way through the SDK, by request. */
  readonly #parked = new Map<number, SlicedAnswer["lists"]>();
  #dropped = 0;
  #isFlooded = false;

  /** @param onFlood called when messages have been thrown away, with their number since the start */
  constructor(maxBytes: number, onFlood: (dropped: number) => void) {
    this.maxBytes = maxBytes;
    this.maxParts = mostParts(maxBytes);
    this.#onFlood = onFlood;
  }

  /** A message to the server: a request may be answered once. */
  sent(message: JSONRPCMessage): void {
    if (!("method" in message)) return;
    const { method, params } = message;
    if ("id" in message) this.#asked.set(Number(message.id), method);
    else if (method === "notifications/cancelled") this.settled(params?.["requestId"]);
  }

  /** A request has its answer, was given up, or never reached the server. */
  settled(request: unknown): void {
    this.#asked.delete(Number(request));
  }

  /** The largest answer to a request, in bytes: what the server offers is smaller than a result may be. */
  limitOf(id: string | number | undefined): number {
    if (this.asksForList(id)) return Math.min(this.maxBytes, MAX_PAGE_BYTES);
    return this.asksForSelf(id) ? Math.min(this.maxBytes, MAX_ENTRY_BYTES) : this.maxBytes;
  }

  /** Whether a request asks for a list, which is parsed in pieces. */
  asksForList(id: string | number | undefined): boolean {
    return this.#methodOf(id)?.endsWith("/list") === true;
  }

  /** Whether a request asks what the server says of itself. */
  asksForSelf(id: string | number | undefined): boolean {
    return this.#methodOf(id) === "initialize";
  }

  #methodOf(id: string | number | undefined): string | undefined {
    return id === undefined ? undefined : this.#asked.get(Number(id));
  }

  #howToRead(id: number): Verdict {
    if (this.asksForList(id)) return { kind: "read", maxParts: this.maxParts, list: id };
    return this.asksForSelf(id) ? READ_SELF : this.#read;
  }

  get #read(): Verdict {
    return { kind: "read", maxParts: this.maxParts };
  }

  /** Keeps the lists of an answer until the rest of it comes to the client. */
  park(id: number, lists: SlicedAnswer["lists"]): void {
    this.#parked.set(id, lists);
  }

  /** Puts the lists that were kept for an answer into it. */
  join(message: JSONRPCMessage): void {
    const id = Number("id" in message ? message.id : undefined);
    const lists = this.#parked.get(id);
    if (lists === undefined) return;
    this.#parked.delete(id);
    if ("result" in message) joinLists(message.result, lists);
  }

  /** Judges a message before it is parsed, by its size and both its ends. */
  judge(size: number, head: string, tail: string): Verdict {
    const id = requestIdOf(findId(head, tail));
    if (id !== undefined && this.#asked.has(id)) {
      const maxBytes = this.limitOf(id);
      const read = this.#howToRead(id);
      // A message that only looks like an answer is let in once.
      this.#asked.delete(id);
      return size <= maxBytes ? read : { kind: "too_large", id, maxBytes };
    }
    if (size <= MAX_UNASKED_BYTES && this.#messages.take() && this.#bytes.take(size))
      return this.#read;
    this.drop();
    return DROP;
  }

  /** Judges one message of a batch: it was one message of the rate until now. */
  admits(message: { readonly method?: unknown; readonly id?: unknown }): boolean {
    const id = requestIdOf(message.id);
    const isAnswer = message.method === undefined && id !== undefined && this.#asked.delete(id);
    if (isAnswer || this.#messages.take()) return true;
    this.drop();
    return false;
  }

  /** Whether one more request of the server is answered. */
  takesRequest(): boolean {
    const takes = this.#requests.take();
    if (!takes) this.drop();
    return takes;
  }

  /** A message was thrown away. */
  drop(): void {
    this.#dropped++;
    this.#isFlooded = true;
  }

  /** Between two messages: pauses where the turn is over, and longer where the server floods. */
  async breathe(turns: Turns): Promise<void> {
    if (!turns.isDue) return;
    if (this.#isFlooded) {
      this.#isFlooded = false;
      this.#onFlood(this.#dropped);
      await delay(FLOOD_PAUSE_MS);
    }
    await turns.pause();
  }

  /** All that was sent has been read. */
  flush(): void {
    if (this.#isFlooded) this.#onFlood(this.#dropped);
    this.#isFlooded = false;
  }
}
