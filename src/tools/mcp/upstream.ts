import type { Progress } from "../call-context.ts";

/** What a server answers. What it holds is not checked here. */
export type Result = Record<string, unknown>;

/** A notification that a server sent. */
export interface Notification {
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

export interface RequestOptions {
  /** Who asks, for messages: `github.create_issue`. */
  readonly label: string;
  readonly signal?: AbortSignal;
  /** Without progress for this long, the request fails. Default: none. */
  readonly timeoutMs?: number | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** A server to ask, however it is reached. */
export interface Upstream extends AsyncDisposable {
  /** Why it could not be reached, or is closed. */
  readonly failure?: string | undefined;
  /** Odd things seen so far, for people. */
  readonly warnings: readonly string[];
  /** What it said of itself when it was reached. */
  readonly instructions?: string | undefined;
  /** @throws ToolError `tool_error`, `invalid_arguments`, `aborted`; {@link MethodNotFound} */
  request(method: string, params: Result, options: RequestOptions): Promise<Result>;
  onNotification(listener: (notification: Notification) => void): void;
}

/** The server does not know the method. */
export class MethodNotFound extends Error {
  override readonly name = "MethodNotFound";
}

/** The SDK's own default of 60 s must not apply; this is the longest that a timer can wait. */
export const NO_TIMEOUT_MS = 2 ** 31 - 1;
