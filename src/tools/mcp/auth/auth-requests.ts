/** The requests of a login or of a renewal: which addresses are asked, and how much of an answer is read. */
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import { addressCheck } from "../../fetch/addresses.ts";
import { checkedFetch } from "../../fetch/checked-fetch.ts";
import { patientFetch } from "../patient-fetch.ts";

/** All requests of one login or renewal together, in ms; well below the age at which its lock counts as left behind. */
const TOTAL_MS = 30_000;
/** Of one answer. Metadata and tokens have a few KiB; a large key set is no part of them. */
const MAX_BYTES = 256 * 1024;

const LOOPBACK = ["127.0.0.0/8", "::1/128"];
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];
/** Services of clouds for their machines (metadata, credentials), though their ranges are private. */
const CLOUD = /^fd00:ec2:|^fd20:ce:/;

/** Thrown for what is not asked. No TypeError: the SDK takes one for a missing document. */
export class NotAsked extends Error {
  override readonly name = "NotAsked";
}

/** {@link FetchLike} for the SDK's functions, while it is not disposed. */
export interface AuthRequests extends AsyncDisposable {
  readonly fetch: FetchLike;
  /** @throws NotAsked for an address that is neither asked nor shown to a person */
  check(address: string | URL): URL;
}

/**
 * The user named the server and perhaps an issuer: their origins are asked as they are written. Every other address was
 * named by a foreign party: it must be https and lead to a public address, unless the user named a server of their own
 * network or machine. That is judged by what they wrote; whoever owns a name can have it resolve to any address.
 */
export function authRequests(server: string, issuer: string | undefined): AuthRequests {
  const named = [server, ...(issuer === undefined ? [] : [issuer])].map((text) => new URL(text));
  const origins = new Set(named.map(({ origin }) => origin));
  const isLocal = named.some(({ hostname }) => isLoopback(hostname));
  const isInside = isLocal || named.some(({ hostname }) => isPrivate(hostname));
  const allowed = addressCheck(
    [...(isLocal ? LOOPBACK : []), ...(isInside ? PRIVATE : [])],
    "oauth",
  );
  const asked = checkedFetch((address) => !CLOUD.test(address) && allowed(address), refused);
  const late = AbortSignal.timeout(TOTAL_MS);

  const check = (address: string | URL): URL => {
    const url = new URL(address);
    if (origins.has(url.origin)) return url;
    const isPlain = url.protocol === "http:" && isLocal && isLoopback(url.hostname);
    if (url.username !== "" || url.password !== "" || (url.protocol !== "https:" && !isPlain))
      throw refused(url.host);
    return url;
  };

  return {
    check,
    fetch: async (address, init) => {
      const url = check(address);
      const signal = init?.signal == null ? late : AbortSignal.any([late, init.signal]);
      const request = { ...init, redirect: "manual" as const, signal };
      try {
        return await readWhole(
          await (origins.has(url.origin) ? patientFetch(url, request) : asked(url, request)),
        );
      } catch (error) {
        if (late.aborted)
          throw new NotAsked(`${url.host} did not answer within ${TOTAL_MS} ms`, { cause: error });
        throw reasonOf(error);
      }
    },
    [Symbol.asyncDispose]: () => asked[Symbol.asyncDispose](),
  };
}

function refused(host: string): NotAsked {
  return new NotAsked(
    `${host} is not asked for a login: it is no https address, or leads into a private network; if it is right, set oauth.issuer`,
  );
}

/** The reason of a connector's refusal, which `fetch` wraps. */
function reasonOf(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof NotAsked ? cause : error;
}

async function readWhole(response: Response): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES)
      throw new NotAsked(`its authorization server answers with more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  const { status, statusText, headers } = response;
  const body = [101, 204, 205, 304].includes(status) ? null : Buffer.concat(chunks, size);
  return new Response(body, { status, statusText, headers });
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname.endsWith(".localhost") ||
    hostname === "[::1]" ||
    /^127\.[\d.]+$/.test(hostname)
  );
}

/** Names that nobody can own on the Internet, and private addresses. */
function isPrivate(hostname: string): boolean {
  if (/^[^.:]+$|\.(?:local|internal|home\.arpa)$/.test(hostname)) return true;
  const address = hostname.replace(/^\[|\]$/g, "");
  return addressCheck(PRIVATE, "oauth")(address) && !addressCheck([], "oauth")(address);
}
