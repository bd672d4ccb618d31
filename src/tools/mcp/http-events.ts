import { Turns } from "../../core/turns.ts";
import { type EventPart, eventSplitter } from "./event-stream.ts";
import type { Exchange } from "./exchange.ts";
import { type Body, type HttpParts, parsed } from "./http-bodies.ts";
import { errorAnswer, requestIdOf } from "./message.ts";
import { isAnswer, messagesIn } from "./read-message.ts";

const NEWLINE = Buffer.from("\n");

/** The text of an event with a token in the place of its message. */
async function eventText(
  event: EventPart,
  parts: HttpParts,
  exchange: Exchange | undefined,
): Promise<Uint8Array> {
  // Nothing of a message of the server goes through itself: the transport would take it for one of ours.
  if (event.data === undefined) return Buffer.concat([...event.fields, NEWLINE]);
  if (event.name === "endpoint" && !parts.answersPosts) return endpoint(event.data);
  const value = await parsed(event.data, event.list, parts);
  const answer = typeof value === "string" ? errorAnswer(event.list!, value) : value?.json;
  // What is no message still has an id, from where the stream can be resumed.
  const data =
    answer === undefined ? "" : parts.detour.keep(answer, exchange, answers(answer, exchange));
  return Buffer.concat([...event.fields, Buffer.from(`data: ${data}\n\n`)]);
}

/** The address of the older transport; its name says that it is no message. */
function endpoint(data: Buffer): Uint8Array {
  return Buffer.from(`event: endpoint\ndata: ${data.toString().trim().replaceAll("\n", "")}\n\n`);
}

/** Whether a message, or one of a batch, answers the request of `exchange`. */
function answers(value: unknown, exchange: Exchange | undefined): boolean {
  if (exchange === undefined) return false;
  return (messagesIn(value) ?? []).some(
    (message) =>
      isAnswer(message) &&
      (message["id"] === undefined ||
        message["id"] === null ||
        requestIdOf(message["id"]) === exchange.id),
  );
}

/** Tells the transport that nothing more comes, so that it resumes nothing. @param why the error of the request, if it has no answer */
export function lastEvent({ detour }: HttpParts, exchange: Exchange, why?: string): string {
  const answer = why === undefined ? undefined : errorAnswer(exchange.id, why);
  return `data: ${detour.keep(answer, exchange, true)}\n\n`;
}

/**
 * Server-sent events one by one. An event that is not let in is left out, or becomes an error response to its request, and
 * the stream goes on. The stream of a request that cannot be resumed (no event had an id) always ends with an answer; it
 * counts where there was none before. Nothing of a request that was given up, or was answered a while ago, is read or resumed.
 */
export async function* cappedEvents(
  body: Body,
  parts: HttpParts,
  exchange: Exchange | undefined,
): AsyncGenerator<Uint8Array> {
  const { intake } = parts;
  const turns = new Turns();
  const splitter = eventSplitter(intake, exchange?.id);
  const pass = async (event: EventPart): Promise<Uint8Array> => {
    const text = await eventText(event, parts, exchange);
    if (exchange !== undefined) exchange.lastEventId = event.id ?? exchange.lastEventId;
    return text;
  };
  try {
    for await (const chunk of body) {
      for (const event of splitter.push(chunk)) {
        if (event !== undefined) yield await pass(event);
        await intake.breathe(turns);
      }
      await intake.breathe(turns);
    }
    for (const event of splitter.end()) yield await pass(event);
  } catch {
    // A broken connection ends the stream; the SDK resumes it where that is possible.
  }
  intake.flush();
  if (exchange === undefined) return;
  if (exchange.isOver) yield Buffer.from(`\n${lastEvent(parts, exchange)}`);
  else if (exchange.lastEventId === undefined)
    yield Buffer.from(`\n${lastEvent(parts, exchange, "the connection ended before the answer")}`);
}
