import { ReadableStream as NodeStream } from "node:stream/web";
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { Exchange } from "./exchange.ts";
import { type Body, cappedBytes, type HttpParts, tokenOf } from "./http-bodies.ts";
import { cappedEvents, lastEvent } from "./http-events.ts";
import { patientFetch } from "./patient-fetch.ts";

/** Longest time of what no limit of a call ends: notifications, and answers to requests of the server, in ms. */
const UNASKED_MS = 30_000;

/**
 * `fetch` for the SDK's transports, with caps on the size, the depth and the number of messages. It gives them tokens in the
 * place of messages, ends what belongs to a request that was given up, and answers in the server's place where the SDK would
 * wait without end.
 */
export function cappedFetch(parts: HttpParts): FetchLike {
  return async (url, init = {}) => {
    const exchange = parts.exchanges.current;
    const isResumed = exchange !== undefined && (init.method ?? "GET") === "GET";
    if (isResumed && exchange.isOver) return streamOf(lastEvent(parts, exchange));
    const response = await patientFetch(url, {
      ...init,
      ...(isResumed ? { headers: resuming(init.headers, exchange) } : {}),
      signal: signalOf(init, exchange),
    });
    const { status, body } = response;
    // The SDK inspects redirects itself.
    if (status >= 300 && status < 400) return response;
    if (isResumed && isRefused(status)) {
      await body?.cancel();
      const why = `the connection ended before the answer, and the server does not resume it (HTTP ${status}); what was asked for may have been carried out`;
      return streamOf(lastEvent(parts, exchange, why));
    }
    const isWhole = parts.answersPosts && response.ok && status !== 202 && !isStream(response);
    if (exchange !== undefined && isWhole)
      return jsonOf(response, await tokenOf(response, parts, exchange));
    if (body === null) return response;
    // The SDK tells what the server says of a refusal as it is.
    const chunks =
      response.ok && isStream(response)
        ? cappedEvents(body, parts, exchange)
        : cappedBytes(body, parts, exchange);
    return withBody(response, NodeStream.from(chunks) as unknown as Body);
  };
}

/** The SDK forgets it where a resumed stream had no event with an id. */
function resuming(headers: RequestInit["headers"], { lastEventId }: Exchange): Headers {
  const all = new Headers(headers);
  if (lastEventId !== undefined && !all.has("last-event-id")) all.set("last-event-id", lastEventId);
  return all;
}

function signalOf({ signal, method }: RequestInit, exchange: Exchange | undefined): AbortSignal {
  const own = exchange?.signal ?? (method === "POST" ? AbortSignal.timeout(UNASKED_MS) : undefined);
  return AbortSignal.any([signal, own].filter((each) => each instanceof AbortSignal));
}

/** Whether a stream is not resumed, whatever is tried: the session is lost. Credentials can still be renewed. */
function isRefused(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
}

function isStream({ headers }: Response): boolean {
  return headers.get("content-type")?.toLowerCase().startsWith("text/event-stream") === true;
}

/** The headers of the server stay: one of them holds the session. */
function jsonOf({ headers }: Response, text: string): Response {
  const all = new Headers(headers);
  all.set("content-type", "application/json");
  all.delete("content-length");
  return new Response(text, { headers: all });
}

function streamOf(text: string): Response {
  return new Response(text, { headers: { "content-type": "text/event-stream" } });
}

/** The same response with another body. (`new Response` alone would lose the url, which the SDK reads.) */
function withBody(response: Response, body: Body): Response {
  const { status, statusText, headers } = response;
  const copy = new Response(body, { status, statusText, headers });
  Object.defineProperty(copy, "url", { value: response.url });
  return copy;
}
