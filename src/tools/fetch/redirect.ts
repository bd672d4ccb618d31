import { ToolError } from "../../core/tool-error.ts";
import type { FetchRequest } from "./request.ts";

export const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Not sent on to another origin, as the Fetch standard asks. */
const CREDENTIALS = new Set(["authorization", "cookie", "proxy-authorization"]);

/** The request that a redirect asks for: the Fetch standard's HTTP-redirect fetch. */
export function redirected(request: FetchRequest, status: number, location: string): FetchRequest {
  if (!URL.canParse(location, request.url))
    throw new ToolError("tool_error", "the server redirects to what is no URL");
  const url = new URL(location, request.url);
  const { method, headers, body, redirect } = request;
  const toGet =
    (status === 303 && method !== "HEAD") ||
    ((status === 301 || status === 302) && method === "POST");
  const elsewhere = url.origin !== request.url.origin;
  const kept = headers.filter(
    ([name]) => !(elsewhere && CREDENTIALS.has(name)) && !(toGet && name.startsWith("content-")),
  );
  return {
    url,
    method: toGet ? "GET" : method,
    headers: kept,
    redirect,
    ...(toGet || body === undefined ? {} : { body }),
  };
}
