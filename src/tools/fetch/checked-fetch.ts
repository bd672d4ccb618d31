import { fetch } from "undici";
import type { AddressCheck } from "./addresses.ts";
import { guardedAgent } from "./dial.ts";

/** A request of the host itself; redirects are its caller's to follow. */
export type CheckedFetch = (url: URL, init?: RequestInit) => Promise<Response>;

/**
 * `fetch` for addresses that a foreign party named: it connects to allowed addresses only, and to no proxy, which would
 * look the name up elsewhere.
 * @param refused the error for a host that leads to an address which is not allowed
 */
export function checkedFetch(
  isAllowed: AddressCheck,
  refused: (host: string) => Error,
): CheckedFetch & AsyncDisposable {
  const agent = guardedAgent(isAllowed, 1, undefined, refused);
  const request: CheckedFetch = async (url, { method = "GET", headers, body, signal } = {}) => {
    const response = await fetch(url, {
      method,
      headers: [...new Headers(headers)],
      ...(body instanceof URLSearchParams || typeof body === "string" ? { body } : {}),
      ...(signal === undefined ? {} : { signal }),
      redirect: "manual",
      dispatcher: agent,
    });
    const { status, statusText } = response;
    return new Response(response.body as ReadableStream | null, {
      status,
      statusText,
      headers: [...response.headers],
    });
  };
  return Object.assign(request, { [Symbol.asyncDispose]: () => agent.destroy() });
}
