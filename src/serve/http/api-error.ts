import type { HonoRequest } from "hono";
import { cutText } from "../../core/utf8.ts";
import { CodecellError, type ErrorCode } from "../../index.ts";
import { methodsOf } from "./methods.ts";

/** Misuse of the API, whatever the program. The response is `{ error: { code, message, hint? } }`. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    { hint, headers = {} }: { hint?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.headers = headers;
  }
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  config_error: 400,
  invalid_arguments: 400,
  unknown_tool: 404,
  denied: 403,
  rate_limited: 429,
  quota_exceeded: 429,
  aborted: 503,
  engine_unavailable: 503,
  sandbox_unavailable: 503,
};

/** Converts what was thrown to a response. Messages of unexpected errors stay in the log. */
export function errorResponse(thrown: unknown): Response {
  if (thrown instanceof ApiError) {
    const { status, code, message, hint, headers } = thrown;
    return body(status, { code, message, hint }, headers);
  }
  if (CodecellError.is(thrown)) {
    const { code, message, hint, retryAfterMs } = thrown;
    const headers = retryAfterMs === undefined ? {} : retryAfter(retryAfterMs);
    return body(STATUS[code] ?? 500, { code, message, hint }, headers);
  }
  return body(500, { code: "internal", message: "the service failed; its log says why" });
}

/** Answers what no route answers: 405 where the path has other methods, else 404, also for what is switched off. */
export function noRoute(
  routes: Parameters<typeof methodsOf>[0],
  { method, path }: HonoRequest,
): Response {
  const methods = methodsOf(routes, path);
  const hint = "See GET /openapi.json.";
  if (methods.length === 0 || methods.includes(method))
    return errorResponse(
      new ApiError(404, "invalid_arguments", "there is no such route", { hint }),
    );
  const headers = { allow: methods.join(", ") };
  const message = `this route does not take ${cutText(method, MAX_METHOD)}`;
  return errorResponse(new ApiError(405, "invalid_arguments", message, { hint, headers }));
}

const MAX_METHOD = 20;

/** The header that tells a client when to come back (RFC 9110, section 10.2.3). */
export function retryAfter(ms: number): Readonly<Record<string, string>> {
  return { "retry-after": `${Math.max(1, Math.ceil(ms / 1_000))}` };
}

function body(
  status: number,
  { code, message, hint }: { code: ErrorCode; message: string; hint?: string | undefined },
  headers: Readonly<Record<string, string>> = {},
): Response {
  const error = { code, message, ...(hint === undefined ? {} : { hint }) };
  return Response.json({ error }, { status, headers });
}
