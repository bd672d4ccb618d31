import { ToolError } from "../../core/tool-error.ts";
import { isForbiddenHeader } from "./request-headers.ts";

export type Pair = readonly [name: string, value: string];

/** A program's request, checked for its form; its target is checked elsewhere. */
export interface FetchRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: readonly Pair[];
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly redirect: "follow" | "manual" | "error";
}

/**
 * Headers that have a server cut or encode its answer as the program likes, so that a secret which it echoes would not be
 * found in it: five bytes at a time, packed, in another alphabet. Servers may ignore all of these (RFC 9110).
 */
const RESHAPING = new Set(["range", "if-range", "accept-encoding", "accept-charset", "a-im"]);
/** RFC 9110, 5.6.2 and 5.5. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/** @throws ToolError `invalid_arguments`, `denied`, `output_limit` */
export function checkRequest(args: unknown, maxBodyBytes: number): FetchRequest {
  const {
    url,
    method = "GET",
    headers,
    body,
    redirect = "follow",
  } = (args ?? {}) as Record<string, unknown>;
  if (typeof url !== "string" || !URL.canParse(url))
    throw invalid(`${JSON.stringify(url)?.slice(0, 200)} is not an absolute URL`);
  if (typeof method !== "string" || !/^[a-z]{1,20}$/i.test(method))
    throw invalid("method must be a word such as GET");
  if (redirect !== "follow" && redirect !== "manual" && redirect !== "error")
    throw invalid("redirect must be follow, manual or error");
  const upper = method.toUpperCase();
  const checkedBody = checkBody(body, maxBodyBytes);
  if (checkedBody !== undefined && (upper === "GET" || upper === "HEAD"))
    throw invalid(`a ${upper} request cannot have a body`);
  return {
    url: new URL(url),
    method: upper,
    headers: checkHeaders(headers),
    redirect,
    ...(checkedBody === undefined ? {} : { body: checkedBody }),
  };
}

/**
 * The headers of a request: the host's in place of the program's of the same name.
 * @param whole whether the answer has to come whole and plain, as it is searched for secrets
 */
export function headersFor(
  own: readonly Pair[],
  hosts: Readonly<Record<string, string>>,
  whole: boolean,
): [name: string, value: string][] {
  const kept = own.filter(
    ([name]) => !Object.hasOwn(hosts, name) && !(whole && RESHAPING.has(name)),
  );
  return [...kept, ...Object.entries(hosts)].map(([name, value]) => [name, value]);
}

function checkHeaders(given: unknown): Pair[] {
  if (given === undefined || given === null) return [];
  if (typeof given !== "object") throw invalid("headers must be an object or a list of pairs");
  const entries: readonly unknown[] = Array.isArray(given) ? given : Object.entries(given);
  return entries.map((entry) => {
    const [rawName, value] = (Array.isArray(entry) ? entry : []) as unknown[];
    const name = typeof rawName === "string" ? rawName.toLowerCase() : "";
    if (!NAME.test(name) || typeof value !== "string" || !VALUE.test(value))
      throw invalid(
        `${JSON.stringify(rawName)?.slice(0, 100)} is not a header, or its value is none`,
      );
    if (isForbiddenHeader(name))
      throw new ToolError("denied", `the header ${name} is not a program's to set`);
    return [name, value];
  });
}

function checkBody(body: unknown, maxBytes: number): string | Uint8Array<ArrayBuffer> | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body !== "string" && !(body instanceof Uint8Array))
    throw invalid("body must be text or bytes");
  const size = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
  if (size > maxBytes)
    throw new ToolError("output_limit", `the body has ${size} bytes; the cap is ${maxBytes}`);
  return body as string | Uint8Array<ArrayBuffer>;
}

function invalid(message: string): ToolError {
  return new ToolError("invalid_arguments", message);
}
