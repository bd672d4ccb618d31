/** What the VM asks its engine for without leaving the place: URLs, randomness, digests. All input is hostile. */
import { fromBase64, toBase64 } from "../core/base64.ts";

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

/** `count` random bytes as base64. */
export function randomBase64(count: number): string {
  const size = Math.min(MAX_RANDOM, Math.max(0, Math.trunc(count) || 0));
  return toBase64(crypto.getRandomValues(new Uint8Array(size)));
}

/** A digest, base64 to base64. Rejects for what is none of SHA-1, SHA-256, SHA-384, SHA-512. */
export async function digest(algorithm: string, base64: string): Promise<string> {
  const bytes = fromBase64(base64);
  if (!ALGORITHMS.has(algorithm) || bytes === undefined)
    throw new Error("the digest cannot be computed");
  return toBase64(
    new Uint8Array(await crypto.subtle.digest(algorithm, bytes as Uint8Array<ArrayBuffer>)),
  );
}
