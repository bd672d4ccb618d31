import { ReadableStream as NodeStream } from "node:stream/web";
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import { LineSplitter } from "./lines.ts";
import { errorAnswer, findId, tooLargeMessage } from "./message.ts";

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;
type Id = string | number | undefined;

const NEWLINE = Buffer.from("\n");

/**
 * `fetch` for the SDK's transports, with a cap on the size of one message, and with an error response where the SDK would
 * wait without end: a stream that ends before the response.
 */
export function cappedFetch(maxBytes: number): FetchLike {
  return async (url, init) => {
    const response = await fetch(url, init);
    // The SDK inspects redirects itself.
    if (response.body === null || (response.status >= 300 && response.status < 400))
      return response;
    const isStream =
      response.headers.get("content-type")?.toLowerCase().startsWith("text/event-stream") === true;
    const request = requestId(init);
    const chunks = isStream
      ? cappedEvents(response.body, maxBytes, request)
      : cappedBytes(response.body, maxBytes);
    return withBody(response, NodeStream.from(chunks) as unknown as Body);
  };
}

/** The same response with another body. (`new Response` alone would lose the url, which the SDK reads.) */
function withBody(response: Response, body: Body): Response {
  const { status, statusText, headers } = response;
  const copy = new Response(body, { status, statusText, headers });
  Object.defineProperty(copy, "url", { value: response.url });
  return copy;
}

/** The id of the request that is posted; the SDK writes it at the end. */
function requestId(init: RequestInit | undefined): Id {
  const body = init?.method === "POST" && typeof init.body === "string" ? init.body : "";
  return findId(body.slice(0, 300), body.slice(-300));
}

async function* cappedBytes(body: Body, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(tooLargeMessage(maxBytes));
    yield chunk;
  }
}

/**
 * Server-sent events line by line. A `data:` line over the cap becomes an error response and the stream goes on. A stream
 * for `request` that cannot be resumed (no event has an id) always ends with a response; the SDK ignores it when there
 * was one before.
 */
async function* cappedEvents(
  body: Body,
  maxBytes: number,
  request: Id,
): AsyncGenerator<Uint8Array> {
  let ready: Buffer[] = [];
  let resumable = false;
  let eventSize = 0;
  const lines = new LineSplitter(maxBytes, {
    onLine(line) {
      eventSize = line.length <= 1 ? 0 : eventSize + line.length;
      resumable ||= line.subarray(0, 3).toString() === "id:";
      ready.push(line, NEWLINE);
    },
    onOversize(head, tail) {
      const id = findId(head.replace(/^data:/, ""), tail) ?? request;
      if (id !== undefined) ready.push(dataLine(id, tooLargeMessage(maxBytes)));
    },
  });
  try {
    for await (const chunk of body) {
      lines.push(Buffer.from(chunk));
      if (eventSize > maxBytes) throw new Error(tooLargeMessage(maxBytes));
      yield* ready;
      ready = [];
    }
    lines.end();
  } catch {
    // A broken connection ends the stream; the SDK resumes it where that is possible.
  }
  if (request !== undefined && !resumable) {
    ready.push(NEWLINE, dataLine(request, "the connection ended before the answer"), NEWLINE);
  }
  yield* ready;
}

function dataLine(id: string | number, message: string): Buffer {
  return Buffer.from(`data: ${JSON.stringify(errorAnswer(id, message))}\n`);
}
