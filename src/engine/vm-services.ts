/** Requests of a VM that its engine serves without the host: URLs, randomness, digests. All input is hostile. */
import { fromBase64, toBase64 } from "../core/base64.ts";
import type { NameTable } from "../core/names.ts";
import { utf8Length } from "../core/utf8.ts";
import { answerCompare, answerIntl } from "./intl-service.ts";
import { answerMeaning, answerNames } from "./name-lookup.ts";
import { answerOffset } from "./zone-service.ts";

const MAX_URL = 65_536;
const MAX_RANDOM = 65_536;
const PARTS = [
  "href",
  "origin",
  "protocol",
  "username",
  "password",
  "host",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
] as const;
const ALGORITHMS: ReadonlySet<string> = new Set(["SHA-1", "SHA-256", "SHA-384", "SHA-512"]);

/** The immediate reply to a guest's request, as text; `undefined` for an unknown request. */
export function replyTo(
  kind: string,
  id: number,
  name: string,
  text: string,
  { names, randomness }: { readonly names: NameTable; readonly randomness: Randomness },
): string | undefined {
  switch (kind) {
    case "now":
      return `${Date.now()}`;
    case "size":
      return `${utf8Length(text)}`;
    case "names":
      return answerNames(names, text);
    case "url":
      return answerUrl(name, text);
    case "random":
      return randomness.base64(id);
    case "intl":
      return answerIntl(name, text);
    case "compare":
      return answerCompare(name, text, id);
    case "offset":
      return answerOffset(name, id, text);
    default:
      return answerMeaning(names, kind, name, text);
  }
}

/** The parts of a URL as JSON, after parsing it or setting one of them; empty for an invalid one. */
export function answerUrl(name: string, text: string): string {
  if (text.length > MAX_URL) return "";
  try {
    const [first, second, third] = JSON.parse(text) as string[];
    const url =
      name === "parse" ? new URL(first!, second) : withPart(new URL(first!), second!, third!);
    return JSON.stringify(Object.fromEntries(PARTS.map((part) => [part, url[part]])));
  } catch {
    return "";
  }
}

function withPart(url: URL, part: string, value: string): URL {
  const known = PARTS.find((candidate) => candidate === part);
  if (known !== undefined && known !== "origin") url[known] = value;
  return url;
}

/** The guest's source of randomness. */
export class Randomness {
  readonly #seed: string | undefined;
  #drawn: number;

  /**
   * @param seed text from which all values are derived, so that they can be repeated; `undefined` for real randomness
   * @param drawn number of values already drawn
   */
  constructor(seed: string | undefined, drawn = 0) {
    this.#seed = seed;
    this.#drawn = drawn;
  }

  get drawn(): number {
    return this.#drawn;
  }

  /** `count` random bytes as base64. */
  base64(count: number): string {
    const size = Math.min(MAX_RANDOM, Math.max(0, Math.trunc(count) || 0));
    const bytes = new Uint8Array(size);
    if (this.#seed === undefined) crypto.getRandomValues(bytes);
    else for (let at = 0; at < size; at++) bytes[at] = mix(this.#seed, this.#drawn++);
    return toBase64(bytes);
  }
}

/** A byte for a number: FNV-1a over the seed, finished as in MurmurHash3 (both by their authors in the public domain). */
function mix(seed: string, number: number): number {
  let hash = 0x811c9dc5 ^ number;
  for (let at = 0; at < seed.length; at++) hash = Math.imul(hash ^ seed.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) & 255;
}

/** A digest, base64 to base64. Rejects for any algorithm but SHA-1, SHA-256, SHA-384 and SHA-512. */
export async function digest(algorithm: string, base64: string): Promise<string> {
  const bytes = fromBase64(base64);
  if (!ALGORITHMS.has(algorithm) || bytes === undefined)
    throw new Error("the digest cannot be computed");
  return toBase64(
    new Uint8Array(await crypto.subtle.digest(algorithm, bytes as Uint8Array<ArrayBuffer>)),
  );
}
