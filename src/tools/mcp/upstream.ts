import type { Progress } from "../call-context.ts";

/** The result of a request. Its content is not checked here. */
export type Result = Record<string, unknown>;

/** A notification that a server sent. */
export interface Notification {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

export interface RequestOptions {
  /** The purpose of the request, for messages: `github.create_issue`. */
  readonly label: string;
  readonly signal?: AbortSignal;
  /**
   * Without progress for this long, in ms, the request fails.
   * @default none
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Longest time in ms, whatever progress the server reports.
   * @default none
   */
  readonly maxMs?: number | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** A server that takes requests, whatever its transport. */
export interface Upstream extends AsyncDisposable {
  /** Why it could not be reached, or is closed: for whoever runs codecell. */
  readonly failure?: string | undefined;
  /** The same in one plain sentence, for programs, models and clients. */
  readonly outage?: string | undefined;
  /** Problems found so far, for people. */
  readonly warnings: readonly string[];
  /** Its `instructions`, once it is connected. */
  readonly instructions?: string | undefined;
  /** @throws ToolError `tool_error`, `invalid_arguments`, `aborted`; {@link MethodNotFound} */
  request(method: string, params: Result, options: RequestOptions): Promise<Result>;
  /** Takes secrets of its configuration and of its login out of a text of its own. */
  redact?(text: string): string;
  onNotification(listener: (notification: Notification) => void): void;
  /** `listener` is told when a connection was made, and when none could be made. */
  onConnection?(listener: (isConnected: boolean) => void): void;
  /** The next attempt to connect is made at once, however often it has failed lately. */
  retryNow?(): void;
}

/** Longest `instructions` of a server, in characters. */
export const MAX_INSTRUCTIONS = 64_000;

/** The server does not know the method. */
export class MethodNotFound extends Error {
  override readonly name = "MethodNotFound";
  /** What the server said besides, for programs. */
  readonly data: unknown;

  constructor(message: string, data?: unknown) {
    super(message);
    this.data = data;
  }
}

/** The SDK's own default of 60 s must not apply; this is the longest that a timer can wait. */
export const NO_TIMEOUT_MS = 2 ** 31 - 1;
