import type { ProgressToken, ServerNotification } from "@modelcontextprotocol/sdk/types.js";
import { cutUnits } from "../../core/utf8.ts";

/** Shortest time between two notifications, and longest time without one: hosts give up on a silent server. */
const MIN_MS = 250;
const MAX_MS = 5_000;

interface Extra {
  readonly sendNotification: (notification: ServerNotification) => Promise<void>;
}

/** Reports progress during a call to a client that asked for it. */
export class ProgressReporter implements Disposable {
  readonly #token: ProgressToken | undefined;
  readonly #extra: Extra;
  readonly #started = performance.now();
  readonly #heartbeat: ReturnType<typeof setInterval> | undefined;
  #last = -Infinity;
  #count = 0;

  constructor(token: ProgressToken | undefined, extra: Extra) {
    this.#token = token;
    this.#extra = extra;
    if (token === undefined) return;
    this.#heartbeat = setInterval(() => {
      if (performance.now() - this.#last >= MAX_MS)
        this.#send(`running for ${Math.round((performance.now() - this.#started) / 1_000)} s`);
    }, MAX_MS / 2);
  }

  report(message: string): void {
    if (performance.now() - this.#last >= MIN_MS) this.#send(cutUnits(message, 500));
  }

  #send(message: string): void {
    if (this.#token === undefined) return;
    this.#last = performance.now();
    const params = { progressToken: this.#token, progress: ++this.#count, message };
    this.#extra.sendNotification({ method: "notifications/progress", params }).catch(() => {});
  }

  [Symbol.dispose](): void {
    clearInterval(this.#heartbeat);
  }
}
