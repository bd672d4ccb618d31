/** The form of a response over Streamable HTTP: a stream of events, or plain JSON for clients that do not read events. */
import { EVENTS, JSON_TYPE, prefersEvents, quality } from "../http/accept.ts";

export type ResponseForm = "events" | "json";

/** What the SDK's transport demands of every client. */
const BOTH = `${JSON_TYPE}, ${EVENTS}`;

/**
 * The form for a request; `undefined` where the client accepts neither.
 * @param json whether JSON is preferred wherever a client takes it
 */
export function formFor(request: Request, json: boolean): ResponseForm | undefined {
  const header = request.headers.get("accept");
  const takesEvents = quality(header, EVENTS) > 0;
  const takesJson = quality(header, JSON_TYPE) > 0;
  if (request.method === "GET") return takesEvents ? "events" : undefined;
  if (request.method !== "POST") return "json";
  if (takesJson && (json || !prefersEvents(header))) return "json";
  return takesEvents ? "events" : undefined;
}

/** The same request as the transport wants it: what the client accepts is decided here. */
export function acceptingBoth(request: Request): Request {
  const headers = new Headers(request.headers);
  headers.set("accept", BOTH);
  return new Request(request, { headers });
}

/**
 * The response of the transport, which is a stream of events, as JSON: the responses in it, without notifications. Any other response is
 * returned as it is. `undefined` where the stream ended without a response.
 */
export async function asJson(response: Response): Promise<Response | undefined> {
  if (response.headers.get("content-type")?.startsWith(EVENTS) !== true) return response;
  const answers = (await response.text())
    .split("\n")
    .filter((line) => line.startsWith(DATA))
    .map((line) => line.slice(DATA.length))
    .filter(isAnswer);
  if (answers.length === 0) return undefined;
  const headers = new Headers(response.headers);
  headers.set("content-type", JSON_TYPE);
  for (const name of ["connection", "x-accel-buffering"]) headers.delete(name);
  const body = answers.length === 1 ? answers[0]! : `[${answers.join(",")}]`;
  return new Response(body, { status: response.status, headers });
}

/** The transport writes one line of data for each message. */
const DATA = "data: ";

function isAnswer(line: string): boolean {
  if (line === "") return false;
  const message = JSON.parse(line) as object;
  return "id" in message && !("method" in message);
}
