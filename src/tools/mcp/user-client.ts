/**
 * A connected MCP client of the caller's own: `Client` of `@modelcontextprotocol/sdk` or of `@modelcontextprotocol/client`,
 * which speaks newer versions of the protocol too, or anything that behaves like them.
 */
export interface McpClient {
  request(
    request: { method: string; params?: Record<string, unknown> },
    resultSchema: never,
    options?: Record<string, unknown>,
  ): Promise<unknown>;
  close?(): Promise<void>;
  getInstructions?(): string | undefined;
  fallbackNotificationHandler?: ((notification: never) => Promise<void>) | undefined;
}

export function isMcpClient(value: unknown): value is McpClient {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { request?: unknown }).request === "function"
  );
}
