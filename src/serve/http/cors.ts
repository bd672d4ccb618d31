/**
 * Pages of other origins (the Fetch standard's CORS protocol). The invariant: a page of an allowed origin can read every response, also
 * one that refuses it; for every other origin no response has such a header.
 */

/** What pages may send besides what every page may. */
const REQUEST_HEADERS = [
  "accept",
  "authorization",
  "content-type",
  "last-event-id",
  "mcp-protocol-version",
  "mcp-session-id",
  "x-api-key",
].join(", ");
/** What pages may read besides what every page may. */
const RESPONSE_HEADERS = [
  "mcp-protocol-version",
  "mcp-session-id",
  "retry-after",
  "www-authenticate",
].join(", ");
const MAX_AGE_S = "600";

/** The origin of the request, where it is one of those that are allowed. The loopback interface is not, unless it is named. */
export function allowedOrigin(
  request: Request,
  allowedOrigins: readonly string[],
): string | undefined {
  const origin = request.headers.get("origin");
  return origin !== null && isAmong(origin, allowedOrigins) ? origin : undefined;
}

/** Whether an origin, as browsers send it, is among those of a setting, which people write. */
export function isAmong(origin: string, allowedOrigins: readonly string[]): boolean {
  return allowedOrigins.some((allowed) => allowed === origin || originOf(allowed) === origin);
}

function originOf(text: string): string | undefined {
  const { origin } = URL.parse(text) ?? {};
  return origin === "null" ? undefined : origin;
}

/** Whether a browser asks if a page may send its request. It has no credentials. */
export function isPreflight(request: Request): boolean {
  return request.method === "OPTIONS" && request.headers.has("access-control-request-method");
}

/** The answer to a preflight of an allowed origin, which {@link allowReading} completes. */
export function preflightResponse(methods: readonly string[]): Response {
  const headers = {
    "access-control-allow-methods": methods.join(", "),
    "access-control-allow-headers": REQUEST_HEADERS,
    "access-control-max-age": MAX_AGE_S,
  };
  return new Response(null, { status: 204, headers });
}

/** Lets the page that sent `request` read the response, where its origin is allowed. Caches keep the responses for each origin apart. */
export function allowReading(
  headers: Headers,
  request: Request,
  allowedOrigins: readonly string[],
): void {
  if (allowedOrigins.length === 0) return;
  headers.append("vary", "Origin");
  const origin = allowedOrigin(request, allowedOrigins);
  if (origin === undefined) return;
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", RESPONSE_HEADERS);
}
