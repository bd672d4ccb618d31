/** Whether a server can be used now: its list of tools is awaited, is there, or could not be had. */
export type ServerState = "connecting" | "connected" | "failed";

/** What is said of a server that is still connecting, for programs, models and clients. */
export function stillConnecting(server: string): string {
  return `server "${server}" is still connecting`;
}

/** What to do about it. */
export const CONNECTING_HINT =
  "Call its tool in a program: the call waits until the server is connected.";
