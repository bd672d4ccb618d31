import type { Response } from "undici";
import { ToolError } from "../../core/tool-error.ts";

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
