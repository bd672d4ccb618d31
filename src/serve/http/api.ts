/** The routes of codecell over HTTP, on a runtime. Authentication is added by the service, or by what is in front of a handler. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import {
  type ExecutionResult,
  type Runtime,
  type RunOptions,
  type Session,
  ToolError,
  WorkspaceError,
} from "../../index.ts";
import { ApiError, errorResponse, noRoute } from "./api-error.ts";
import { streamRun, wantsEvents } from "./event-stream.ts";
import { openApiDocument } from "./openapi.ts";
import { checkLimits, FORK_REQUEST, readJson, RUN_REQUEST } from "./run-request.ts";

/** Who sends the request, as far as is known. */
export interface Principal {
  /** Programs run for this user, and nobody else's sessions can be reached. Absent: the request says who it is for. */
  readonly user?: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** What credentials can be limited to. */
export const SCOPES = ["run", "sessions", "tools"] as const;
/** One of `run`, `sessions` and `tools`: the routes that a key or a token may use. */
export type Scope = (typeof SCOPES)[number];

export interface ApiEnv {
  Variables: { principal?: Principal };
}

export interface ApiOptions {
  /**
   * Most bytes of a request's body.
   * @default 1_048_576
   */
  readonly maxBodyBytes?: number;
  /** Called before every run; throws to refuse it. Returns a function to call when the run is over. */
  readonly admit?: (user: string | undefined) => Promise<() => void>;
  /** Called with unexpected errors, which clients see as `internal`. */
  readonly onError?: (error: unknown) => void;
}

export const MAX_BODY_BYTES = 1024 * 1024;

/** The scope that each route needs; a route that is not here needs none. */
export function scopeOf(path: string): Scope | undefined {
  if (path === "/run") return "run";
  if (path.startsWith("/sessions/")) return "sessions";
  return path === "/tools" || path.startsWith("/tools/") || path === "/remote/tools"
    ? "tools"
    : undefined;
}

export function createApi(runtime: Runtime, options: ApiOptions = {}): Hono<ApiEnv> {
  const { maxBodyBytes = MAX_BODY_BYTES, admit = async () => () => {} } = options;
  const api = new Hono<ApiEnv>();
  api.onError((error) => {
    const known = error instanceof ToolError || error instanceof WorkspaceError;
    const thrown = known ? new ApiError(404, "unknown_tool", error.message) : error;
    const response = errorResponse(thrown);
    if (response.status === 500) options.onError?.(error);
    return response;
  });
  api.notFound(({ req }) => noRoute(api.routes, req));
  api.use(
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: () => {
        throw new ApiError(
          413,
          "source_too_large",
          `the body is larger than ${maxBodyBytes} bytes`,
        );
      },
    }),
  );
  api.get("/healthz", (context) => context.json({ ok: true }));
  api.get("/openapi.json", (context) => context.json(openApiDocument()));
  api.post("/run", async (context) => {
    const { code, session, limits, timeZone, ...body } = await readJson(
      context.req.raw,
      RUN_REQUEST,
    );
    const user = userOf(context.get("principal"), body.user);
    const capped = {
      limits: checkLimits(limits, runtime.describe().limits),
      ...(timeZone === undefined ? {} : { timeZone }),
    };
    const leave = await admit(user);
    let place: Session | undefined;
    try {
      place = session === undefined ? undefined : await runtime.session(session, asUser(user));
    } catch (error) {
      leave();
      throw error;
    }
    const run = async (hooks: RunOptions): Promise<ExecutionResult> => {
      const given = { ...capped, ...hooks };
      try {
        if (place !== undefined) return await place.run(code, given);
        return await runtime.run(code, { ...given, ...asUser(user) });
      } finally {
        leave();
      }
    };
    if (wantsEvents(context.req.raw)) return streamRun(context, run);
    return context.json(await run({ signal: context.req.raw.signal }));
  });
  addTools(api, runtime);
  addSessions(api, runtime);
  return api;
}

/** The user of a request: the one of the principal, where it has one. */
function userOf(principal: Principal | undefined, asked: string | undefined): string | undefined {
  const own = principal?.user;
  if (own === undefined || asked === undefined || asked === own) return own ?? asked;
  throw new ApiError(403, "denied", "these credentials are of another user");
}

function asUser(user: string | undefined): { user?: string } {
  return user === undefined ? {} : { user };
}

function addTools(api: Hono<ApiEnv>, runtime: Runtime): void {
  api.get("/tools", async (context) => {
    const search = context.req.query("search");
    if (search !== undefined) return context.json({ tools: await runtime.searchTools(search) });
    return context.json({ categories: await runtime.listToolCategories() });
  });
  api.get("/tools/:category", async (context) =>
    context.json({ tools: await runtime.listTools(context.req.param("category")) }),
  );
  api.get("/tools/:category/:tool", async (context) =>
    context.json(
      await runtime.getToolSpec(context.req.param("category"), context.req.param("tool")),
    ),
  );
}

function addSessions(api: Hono<ApiEnv>, runtime: Runtime): void {
  const open = async (context: {
    req: { param(name: "id"): string; query(name: "user"): string | undefined };
    get(name: "principal"): Principal | undefined;
  }): Promise<Session> => {
    const user = userOf(context.get("principal"), context.req.query("user"));
    const session = await runtime.findSession(context.req.param("id"), asUser(user));
    if (session !== undefined) return session;
    throw new ApiError(404, "config_error", "there is no such session");
  };
  api.get("/sessions/:id", async (context) => context.json(describe(await open(context))));
  api.delete("/sessions/:id", async (context) => {
    await (await open(context)).close();
    return context.body(null, 204);
  });
  api.post("/sessions/:id/reset", async (context) => {
    const session = await open(context);
    await session.reset();
    return context.json(describe(session));
  });
  api.post("/sessions/:id/fork", async (context) => {
    const { id } = await readJson(context.req.raw, FORK_REQUEST);
    return context.json(describe(await (await open(context)).fork(id)), 201);
  });
  api.get("/sessions/:id/files/:path{.*}", async (context) => {
    const { workspace } = await open(context);
    const path = context.req.param("path");
    const { isDirectory } = workspace.stat(path);
    if (isDirectory) return context.json({ names: workspace.readdir(path) });
    const content = workspace.readFile(path);
    const type =
      typeof content === "string" ? "text/plain; charset=utf-8" : "application/octet-stream";
    // A browser must not take a program's file for a page of this service.
    const headers = { "content-type": type, "x-content-type-options": "nosniff" };
    return new Response(content as BodyInit, { headers });
  });
}

function describe(session: Session): Readonly<Record<string, unknown>> {
  const { id, user, programs, declared, workspace } = session;
  const files = [...workspace.entries()].map(([path]) => `/${path}`);
  return { id, ...asUser(user), programs, declared, files, bytes: workspace.bytes };
}
