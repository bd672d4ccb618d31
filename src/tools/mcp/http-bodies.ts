/** Bodies of HTTP responses: they are measured, parsed, and kept on their detour. */
import { inTurns } from "../../core/turns.ts";
import type { Detour } from "./detour.ts";
import type { Exchange } from "./exchange.ts";
import { parseMessage } from "./exact-message.ts";
import { JsonScan } from "./json-scan.ts";
import { JOINED_PIECES } from "./lines.ts";
import { MAX_ENTRY_PARTS } from "./list-limits.ts";
import { refusedMessage, tooLargeMessage } from "./message.ts";
import type { ReadingParts } from "./reading-transport.ts";
import { sliceAnswer } from "./sliced-lists.ts";

export type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** What the fetch of a transport works with. */
export interface HttpParts extends ReadingParts {
  readonly detour: Detour;
  /** Whether the response to a POST is the answer, as in streamable HTTP: over SSE, it comes in the one stream for all. */
  readonly answersPosts: boolean;
}

/** The bytes of a body, with caps on their number and on what they hold. */
export async function* cappedBytes(
  body: Body,
  { intake }: HttpParts,
  exchange: Exchange | undefined,
): AsyncGenerator<Uint8Array> {
  const maxBytes = intake.limitOf(exchange?.id);
  const scan = new JsonScan(intake.asksForSelf(exchange?.id) ? MAX_ENTRY_PARTS : intake.maxParts);
  const isList = intake.asksForList(exchange?.id);
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(tooLargeMessage(maxBytes));
    // A list is scanned and parsed in turns.
    const problem = isList ? undefined : scan.push(chunk);
    if (problem !== undefined) throw new Error(refusedMessage(problem));
    yield chunk;
  }
}

/** Reads the whole answer to a request, whatever its content type says, and returns its token. */
export async function tokenOf(
  response: Response,
  parts: HttpParts,
  exchange: Exchange,
): Promise<string> {
  const { intake, detour, server } = parts;
  const { body } = response;
  const bytes = await joined(body === null ? [] : cappedBytes(body, parts, exchange));
  const value = await parsed(
    bytes,
    intake.asksForList(exchange.id) ? exchange.id : undefined,
    parts,
  );
  if (typeof value === "string") throw new Error(value);
  if (value === undefined)
    throw new Error(
      `server "${server}" answered ${exchange.method} with something that is not JSON`,
    );
  exchange.isRead = true;
  return detour.keep(value.json, exchange, true);
}

async function joined(chunks: AsyncIterable<Uint8Array> | readonly Uint8Array[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let loose: Uint8Array[] = [];
  for await (const chunk of chunks) {
    loose.push(chunk);
    if (loose.length < JOINED_PIECES) continue;
    pieces.push(Buffer.concat(loose));
    loose = [];
  }
  return Buffer.concat([...pieces, ...loose]);
}

/** The value of a text of JSON; why it must not be used; nothing where it is no JSON. */
export async function parsed(
  bytes: Buffer,
  list: number | undefined,
  { intake }: HttpParts,
): Promise<{ readonly json: unknown } | string | undefined> {
  const sliced = list === undefined ? undefined : await inTurns(sliceAnswer(bytes));
  if (typeof sliced === "string") return refusedMessage(sliced);
  if (sliced !== undefined) intake.park(list!, sliced.lists);
  try {
    return { json: parseMessage(sliced?.text ?? bytes.toString()) };
  } catch {
    return undefined;
  }
}
