/**
 * A connected MCP client of the caller: `Client` of `@modelcontextprotocol/sdk` or of `@modelcontextprotocol/client`,
 * which speaks newer versions of the protocol too, or anything that behaves like them.
 */
export interface McpClient {
  /** Sends a request and returns its checked result. */
  request(
    request: { method: string; params?: Record<string, unknown> },
    resultSchema: never,
    options?: Record<string, unknown>,
  ): Promise<unknown>;
  /** Not called: the client stays the caller's to close. */
  close?(): Promise<void>;
  /** The `instructions` of the server's answer to `initialize`. */
  getInstructions?(): string | undefined;
  /** Called with notifications that have no handler. codecell sets it, and calls the handler that was there. */
  fallbackNotificationHandler?: ((notification: never) => Promise<void>) | undefined;
}

export function isMcpClient(value: unknown): value is McpClient {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { request?: unknown }).request === "function"
  );
}
