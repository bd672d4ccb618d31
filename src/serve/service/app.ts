/** The HTTP service: the API behind authentication, limits, metrics and logs. */
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Hono } from "hono";
import { Hono as App } from "hono";
import type { Runtime } from "../../index.ts";
import { ApiError, errorResponse, noRoute } from "../http/api-error.ts";
import { type ApiEnv, createApi, scopeOf } from "../http/api.ts";
import { allowedOrigin, allowReading, isPreflight, preflightResponse } from "../http/cors.ts";
import { methodsOf } from "../http/methods.ts";
import { openApiDocument } from "../http/openapi.ts";
import { originProblem } from "../http/origin.ts";
import { Authenticator, METADATA_PATH } from "./auth.ts";
import { createMetrics } from "./metrics.ts";
import { REMOTE_PATH, SERVICE_PATHS } from "./paths.ts";
import { RunLimits } from "./run-limits.ts";
import type { ResolvedServe } from "./settings.ts";
import { traceRuntime } from "./tracing.ts";

/** One line of the log: the request and its outcome, never payloads. */
export type LogLine = Readonly<Record<string, unknown>> & {
  /** What happened: `listening`, `request` and others. */
  readonly event: string;
};

export interface Service extends AsyncDisposable {
  readonly app: Hono<ApiEnv>;
  readonly authenticator: Authenticator | undefined;
  /** Called before every run; throws to refuse it. Returns a function to call when the run is over. */
  admit(user: string | undefined): Promise<() => void>;
  /** From now on the service reports that it is not ready, and takes no more runs. */
  drain(): void;
  /** Resolves when no run is at work. */
  idle(): Promise<void>;
}

/** @throws CodecellError `config_error` when the store of limits does not respond */
export async function createService(
  runtime: Runtime,
  settings: ResolvedServe,
  log: (line: LogLine) => void,
): Promise<Service> {
  const { auth, allowedHosts, allowedOrigins, maxBodyBytes, metrics } = settings;
  const limits = await RunLimits.open(settings);
  const authenticator = auth === undefined ? undefined : new Authenticator(auth);
  const untrace = traceRuntime(runtime);
  const registry = metrics ? createMetrics(runtime) : undefined;
  let draining = false;
  let active = 0;
  let onIdle = (): void => {};
  const admit = async (user: string | undefined): Promise<() => void> => {
    if (draining) throw new ApiError(503, "aborted", "the service is ending");
    const leave = await limits.admit(user);
    active++;
    return () => {
      leave();
      if (--active === 0) onIdle();
    };
  };
  const api = createApi(runtime, {
    maxBodyBytes,
    admit,
    onError: (error) => log({ event: "error", message: String(error) }),
  });
  const app = new App<ApiEnv>();
  app.onError(errorResponse);
  app.notFound(({ req }) => noRoute(app.routes, req));
  app.use(async (context, next) => {
    const started = performance.now();
    await next();
    const { method, path } = context.req;
    const { user } = context.get("principal") ?? {};
    const ms = Math.round(performance.now() - started);
    const from = peerOf(context);
    log({ event: "request", method, path, status: context.res.status, ms, user, from });
  });
  app.use(async (context, next) => {
    const problem = originProblem(context.req.raw, allowedHosts, allowedOrigins);
    if (problem !== undefined) throw new ApiError(403, "denied", problem);
    const { raw, path } = context.req;
    const methods = methodsOf(app.routes, path);
    const isAllowed = allowedOrigin(raw, allowedOrigins) !== undefined;
    if (isAllowed && isPreflight(raw) && methods.length > 0)
      context.res = preflightResponse(methods);
    else await next();
    allowReading(context.res.headers, raw, allowedOrigins);
  });
  app.get("/readyz", (context) => context.json({ ok: !draining }, draining ? 503 : 200));
  app.get("/openapi.json", (context) => context.json(openApiDocument(SERVICE_PATHS)));
  app.get("/metrics", async (context) =>
    registry === undefined
      ? context.notFound()
      : context.body(await registry.metrics(), 200, { "content-type": registry.contentType }),
  );
  app.get(METADATA_PATH, (context) =>
    authenticator === undefined
      ? context.notFound()
      : context.json(authenticator.metadata(context.req.raw)),
  );
  app.use(async (context, next) => {
    const scope = scopeOf(context.req.path);
    if (authenticator !== undefined && scope !== undefined) {
      const principal = await authenticator.authenticate(context.req.raw);
      context.set("principal", principal);
      authenticator.authorize(context.req.raw, principal, scope);
    }
    await next();
  });
  app.get(`${REMOTE_PATH}/tools`, async (context) =>
    context.json({ servers: await runtime.remoteTools() }),
  );
  app.get(REMOTE_PATH, () => {
    throw new ApiError(426, "invalid_arguments", "this is for WebSockets", {
      headers: { upgrade: "websocket" },
    });
  });
  app.route("/", api);
  return {
    app,
    authenticator,
    admit,
    drain: () => {
      draining = true;
    },
    idle: () => new Promise((resolve) => (active === 0 ? resolve() : (onIdle = resolve))),
    [Symbol.asyncDispose]: async () => {
      untrace();
      await limits[Symbol.asyncDispose]();
    },
  };
}

function peerOf(context: Parameters<typeof getConnInfo>[0]): string | undefined {
  try {
    return getConnInfo(context).remote.address;
  } catch {
    return undefined; // not on Node's own server
  }
}
