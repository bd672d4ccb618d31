/** `codecell/serve`: a runtime as a function from Request to Response, for platforms that call one. */
import { createRuntime, type Runtime, type RuntimeOptions } from "../../index.ts";
import { createApi } from "./api.ts";

/** What `createHandler` takes. */
export interface HandlerOptions extends RuntimeOptions {
  /** A runtime of your own; it stays yours to close. Default: one is made of the other options. */
  readonly runtime?: Runtime;
  /**
   * Bytes of a request's body.
   * @default 1_048_576
   */
  readonly maxBodyBytes?: number;
}

/** Answers requests: `POST /run`, `GET /tools`, `/sessions/:id…`, `GET /healthz`, `GET /openapi.json`. */
export interface Handler extends AsyncDisposable {
  (request: Request): Promise<Response>;
  readonly runtime: Runtime;
}

/**
 * Make a handler once, when the module is loaded: the runtime stays warm between requests. It asks nobody who they are:
 * put it behind the platform's own authentication, or use `codecell serve`.
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
