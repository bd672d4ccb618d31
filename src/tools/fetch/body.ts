import type { Response } from "undici";
import { ToolError } from "../../core/tool-error.ts";

/** Codings of a body that are undone before it is read, and those that hide what is in it. */
const UNPACKED = /^(?:gzip|x-gzip|deflate|br)$/;
const PACKED = /gzip|deflate|^br$|zstd|compress|^dc[bz]$|xz|lzma|bzip2/;

/**
 * The body of a response, unpacked. It is counted as it comes, so that a small packed body cannot become a large one.
 * @throws ToolError `output_limit`
 */
export async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new ToolError(
        "output_limit",
        `the response has more than ${maxBytes} bytes, which is the cap`,
        { hint: "Ask the server for less: a page, a range, fewer fields." },
      );
    }
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks, size));
}

/**
 * What is not unpacked cannot be searched; undici unpacks nothing where it does not know one of several.
 * @throws ToolError `tool_error`
 */
export function checkUnpacked({ headers }: Response): void {
  const codings = (headers.get("content-encoding") ?? "")
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim());
  if (
    codings.every((coding) => UNPACKED.test(coding)) ||
    !codings.some((coding) => PACKED.test(coding))
  )
    return;
  throw new ToolError("tool_error", "the body is packed in a way that was not asked for");
}

/** `undefined` where the bytes are no text. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
