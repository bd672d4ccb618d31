/** `codecell/serve`: a runtime as a function from Request to Response, for platforms that call one. */
import { createRuntime, type Runtime, type RuntimeOptions } from "../../index.ts";
import { createApi } from "./api.ts";

/** What {@link createHandler} takes. */
export interface HandlerOptions extends RuntimeOptions {
  /**
   * A runtime of your own; it stays yours to close.
   * @default one is made from the other options
   */
  readonly runtime?: Runtime;
  /**
   * Most bytes of a request's body.
   * @default 1_048_576
   */
  readonly maxBodyBytes?: number;
}

/** Responds to requests: `POST /run`, `GET /tools`, `/sessions/:id…`, `GET /healthz`, `GET /openapi.json`. */
export interface Handler extends AsyncDisposable {
  (request: Request): Promise<Response>;
  /** The runtime that it serves. */
  readonly runtime: Runtime;
}

/**
 * Makes a handler. Do that once, when the module is loaded: the runtime stays warm between requests. It has no
 * authentication: put it behind the platform's own, or use `codecell serve`.
 * @throws CodecellError as `createRuntime`
 */
export async function createHandler(options: HandlerOptions = {}): Promise<Handler> {
  const { runtime: own, maxBodyBytes, ...runtimeOptions } = options;
  const runtime = own ?? (await createRuntime(runtimeOptions));
  const api = createApi(runtime, {
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
    onError: (error) => console.error(error),
  });
  return Object.assign(async (request: Request) => await api.fetch(request), {
    runtime,
    [Symbol.asyncDispose]: async () => {
      if (own === undefined) await runtime.close();
    },
  });
}
