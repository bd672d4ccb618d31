import { Dispatcher, fetch } from "undici";
import { dispatcherFor, proxyFailure } from "./proxy.ts";

/**
 * The dispatcher of the process, or that of the proxy which the environment names, without limits of its own: undici ends whatever waits 300 s for
 * headers, or for the next bytes of a body.
 */
class PatientDispatcher extends Dispatcher {
  override dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): boolean {
    const limits = { headersTimeout: 0, bodyTimeout: 0 };
    return dispatcherFor(options.origin).dispatch({ ...options, ...limits }, handler);
  }
}

const dispatcher = new PatientDispatcher();

/**
 * `fetch` that waits as long as its signal lets it. How long a call may take is decided by limits of codecell alone
 * (`timeoutMs`, `startTimeoutMs`, `limits.wallMs`), which abort the signal.
 */
export async function patientFetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
  const { method = "GET", headers, body, signal, redirect } = init;
  const response = await fetch(url, {
    method,
    headers: [...new Headers(headers)],
    ...(typeof body === "string" || body instanceof URLSearchParams ? { body } : {}),
    ...(signal === undefined ? {} : { signal }),
    ...(redirect === undefined ? {} : { redirect }),
    dispatcher,
  }).catch((error: unknown) => {
    throw proxyFailure(url, error) ?? error;
  });
  const { status, statusText } = response;
  const copy = new Response(response.body as ReadableStream | null, {
    status,
    statusText,
    headers: [...response.headers],
  });
  // The constructor sets none, and the SDK reads it.
  Object.defineProperty(copy, "url", { value: response.url });
  return copy;
}
