/** Events and aborting of the DOM standard, without a tree of targets. */

const ERROR_CODES: Readonly<Record<string, number>> = {
  InvalidCharacterError: 5,
  SyntaxError: 12,
  AbortError: 20,
  QuotaExceededError: 22,
  TimeoutError: 23,
  DataCloneError: 25,
};

export class DOMException extends Error {
  constructor(message = "", name = "Error") {
    super(message);
    Object.defineProperty(this, "name", { value: name, configurable: true, writable: true });
  }

  get code(): number {
    return ERROR_CODES[this.name] ?? 0;
  }
}

export class Event {
  readonly type: string;
  readonly cancelable: boolean;
  readonly timeStamp: number = Date.now();
  target: EventTarget | null = null;
  currentTarget: EventTarget | null = null;
  defaultPrevented = false;
  /** @internal */
  stopped = false;

  constructor(type: string, options: { cancelable?: boolean } = {}) {
    this.type = `${type}`;
    this.cancelable = options.cancelable === true;
  }

  preventDefault(): void {
    if (this.cancelable) this.defaultPrevented = true;
  }

  stopImmediatePropagation(): void {
    this.stopped = true;
  }

  stopPropagation(): void {}
}

export class CustomEvent extends Event {
  readonly detail: unknown;

  constructor(type: string, options: { cancelable?: boolean; detail?: unknown } = {}) {
    super(type, options);
    this.detail = options.detail ?? null;
  }
}

type Listener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };

interface Registration {
  readonly type: string;
  readonly listener: Listener;
  readonly once: boolean;
}

export class EventTarget {
  #registrations: Registration[] = [];

  addEventListener(
    type: string,
    listener: Listener | null,
    options: boolean | { once?: boolean; signal?: AbortSignal } = {},
  ): void {
    if (listener === null || listener === undefined) return;
    const { once = false, signal } = typeof options === "boolean" ? {} : options;
    const known = this.#registrations.some(
      (entry) => entry.type === type && entry.listener === listener,
    );
    if (known || signal?.aborted === true) return;
    this.#registrations.push({ type: `${type}`, listener, once });
    signal?.addEventListener("abort", () => this.removeEventListener(type, listener), {
      once: true,
    });
  }

  removeEventListener(type: string, listener: Listener | null): void {
    this.#registrations = this.#registrations.filter(
      (entry) => entry.type !== type || entry.listener !== listener,
    );
  }

  dispatchEvent(event: Event): boolean {
    event.target = this;
    event.currentTarget = this;
    event.stopped = false;
    for (const entry of [...this.#registrations]) {
      if (entry.type !== event.type || !this.#registrations.includes(entry)) continue;
      if (entry.once) this.removeEventListener(entry.type, entry.listener);
      this.#call(entry.listener, event);
      if (event.stopped) break;
    }
    event.currentTarget = null;
    return !event.defaultPrevented;
  }

  /** A listener that throws does not prevent the others from being called. */
  #call(listener: Listener, event: Event): void {
    try {
      if (typeof listener === "function") listener.call(this, event);
      else listener.handleEvent(event);
    } catch (error) {
      console.error(error);
    }
  }
}

let startTimer: (ms: number, callback: () => void) => void = () => {};

/** Sets the function with which `AbortSignal.timeout` waits. */
export function setTimerHook(hook: typeof startTimer): void {
  startTimer = hook;
}

let mayConstruct = false;

function createSignal(): AbortSignal {
  mayConstruct = true;
  try {
    return new AbortSignal();
  } finally {
    mayConstruct = false;
  }
}

let abortSignal: (signal: AbortSignal, reason: unknown) => void;
/** Whether `value` was made here: by its private fields, not by its prototype. */
export let isAbortSignal: (value: unknown) => value is AbortSignal;

export class AbortSignal extends EventTarget {
  onabort: ((event: Event) => unknown) | null = null;
  #aborted = false;
  #reason: unknown;

  constructor() {
    super();
    if (!mayConstruct) throw new TypeError("Illegal constructor");
  }

  static {
    isAbortSignal = (value): value is AbortSignal =>
      typeof value === "object" && value !== null && #aborted in value;
    abortSignal = (signal, reason) => {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason =
        reason === undefined
          ? new DOMException("This operation was aborted", "AbortError")
          : reason;
      const event = new Event("abort");
      if (typeof signal.onabort === "function") signal.onabort(event);
      signal.dispatchEvent(event);
    };
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get [Symbol.toStringTag](): string {
    return "AbortSignal";
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = createSignal();
    abortSignal(signal, reason);
    return signal;
  }

  static timeout(ms: number): AbortSignal {
    const signal = createSignal();
    startTimer(ms, () =>
      abortSignal(signal, new DOMException("The operation timed out", "TimeoutError")),
    );
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const result = createSignal();
    for (const signal of signals) {
      if (signal.aborted) abortSignal(result, signal.reason);
      else
        signal.addEventListener("abort", () => abortSignal(result, signal.reason), { once: true });
    }
    return result;
  }
}

export class AbortController {
  readonly signal: AbortSignal = createSignal();

  get [Symbol.toStringTag](): string {
    return "AbortController";
  }

  abort(reason?: unknown): void {
    abortSignal(this.signal, reason);
  }
}
