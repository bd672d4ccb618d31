import { ReadableStream as NodeStream } from "node:stream/web";
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import { inTurns, Turns } from "../../core/turns.ts";
import { type EventPart, eventSplitter, refusal } from "./event-stream.ts";
import type { Intake } from "./intake.ts";
import { JsonScan } from "./json-scan.ts";
import { MAX_ENTRY_PARTS } from "./list-limits.ts";
import { errorAnswer, findId, refusedMessage, tooLargeMessage } from "./message.ts";
import { sliceAnswer } from "./sliced-lists.ts";

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;
type Id = string | number | undefined;

/**
 * `fetch` for the SDK's transports, with caps on the size, the depth and the number of messages, and with an error
 * response where the SDK would wait without end: a stream that ends before the response.
 */
export function cappedFetch(intake: Intake): FetchLike {
  return async (url, init) => {
    const response = await fetch(url, init);
    // The SDK inspects redirects itself.
    if (response.body === null || (response.status >= 300 && response.status < 400))
      return response;
    const isStream =
      response.headers.get("content-type")?.toLowerCase().startsWith("text/event-stream") === true;
    const request = requestId(init);
    const read = isStream ? cappedEvents : intake.asksForList(request) ? cappedList : cappedBytes;
    const chunks = read(response.body, intake, request);
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

async function* cappedBytes(body: Body, intake: Intake, request: Id): AsyncGenerator<Uint8Array> {
  const maxBytes = intake.limitOf(request);
  const scan = new JsonScan(intake.asksForSelf(request) ? MAX_ENTRY_PARTS : intake.maxParts);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(tooLargeMessage(maxBytes));
    const problem = scan.push(chunk);
    if (problem !== undefined) throw new Error(refusedMessage(problem));
    chunks.push(chunk);
    yield chunk;
  }
  intake.keepExact(Buffer.concat(chunks).toString()); // before the SDK sees the end, and parses it
}

/** The answer to a request for a list: most of it is parsed here, in turns. */
async function* cappedList(body: Body, intake: Intake, request: Id): AsyncGenerator<Uint8Array> {
  const maxBytes = intake.limitOf(request);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(tooLargeMessage(maxBytes));
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const sliced = await inTurns(sliceAnswer(bytes));
  if (typeof sliced === "string") throw new Error(refusedMessage(sliced));
  if (sliced !== undefined) intake.park(Number(request), sliced.lists);
  yield sliced === undefined ? bytes : Buffer.from(sliced.text);
}

/** The bytes of an event. */
async function bytesOf(event: EventPart, intake: Intake): Promise<Uint8Array> {
  if (event instanceof Uint8Array) return event;
  const { id, fields, data, whole } = event;
  const sliced = await inTurns(sliceAnswer(data));
  if (typeof sliced === "string") return refusal(id, refusedMessage(sliced));
  if (sliced === undefined) return Buffer.concat(whole);
  intake.park(id, sliced.lists);
  // Line breaks are between the tokens of JSON only.
  const text = sliced.text.replace(/[\r\n]/g, " ");
  return Buffer.concat([...fields, Buffer.from(`data: ${text}\n\n`)]);
}

/**
 * Server-sent events one by one. An event that is not let in is left out, or becomes an error response to its request, and
 * the stream goes on. A stream for `request` that cannot be resumed (no event has an id) always ends with a response; the
 * SDK ignores it when there was one before.
 */
async function* cappedEvents(body: Body, intake: Intake, request: Id): AsyncGenerator<Uint8Array> {
  const turns = new Turns();
  const splitter = eventSplitter(intake, request);
  try {
    for await (const chunk of body) {
      for (const event of splitter.push(chunk)) {
        if (event !== undefined) yield await bytesOf(event, intake);
        await intake.breathe(turns);
      }
      await intake.breathe(turns);
    }
    for (const event of splitter.end()) yield await bytesOf(event, intake);
  } catch {
    // A broken connection ends the stream; the SDK resumes it where that is possible.
  }
  intake.flush();
  if (request === undefined || splitter.isResumable) return;
  const answer = errorAnswer(request, "the connection ended before the answer");
  yield Buffer.from(`\ndata: ${JSON.stringify(answer)}\n\n`);
}
