/** A run as server-sent events (WHATWG HTML, section 9.2): `log` and `call` as they come, then `result`. */
import { type Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { CallRecord, ExecutionResult, LogEntry } from "../../index.ts";
import { prefersEvents } from "./accept.ts";
import { errorResponse } from "./api-error.ts";

interface RunHooks {
  readonly signal: AbortSignal;
  readonly onLog?: (entry: LogEntry) => void;
  readonly onCall?: (call: CallRecord) => void;
}

/** Proxies end idle connections. */
const ALIVE_MS = 15_000;

export function wantsEvents(request: Request): boolean {
  return prefersEvents(request.headers.get("accept"));
}

/** Runs and sends the events: a client that disconnects ends the run. */
export function streamRun(
  context: Context,
  run: (hooks: RunHooks) => Promise<ExecutionResult>,
): Response {
  const gone = new AbortController();
  return streamSSE(context, async (stream) => {
    stream.onAbort(() => gone.abort());
    const send = (event: string, data: unknown): void =>
      void stream.writeSSE({ event, data: JSON.stringify(data) });
    const alive = setInterval(() => void stream.write(": alive\n\n"), ALIVE_MS);
    try {
      const result = await run({
        signal: AbortSignal.any([gone.signal, context.req.raw.signal]),
        onLog: (entry) => send("log", entry),
        onCall: (call) => send("call", call),
      });
      await stream.writeSSE({ event: "result", data: JSON.stringify(result) });
    } catch (error) {
      await stream.writeSSE({ event: "error", data: await errorResponse(error).text() });
    } finally {
      clearInterval(alive);
    }
  });
}
