/** The door to srvx: a handler for AWS Lambda. */
import {
  type AWSLambdaHandler,
  type AwsLambdaEvent,
  type AWSLambdaStreamingHandler,
  handleLambdaEvent,
  handleLambdaEventWithStream,
} from "srvx/aws-lambda";
import { createHandler, type Handler, type HandlerOptions } from "./handler.ts";

/** What {@link createLambdaHandler} takes. */
export interface LambdaOptions extends HandlerOptions {
  /**
   * Send responses as they come (function URLs with invoke mode RESPONSE_STREAM, API Gateway with response streaming);
   * the function has to be configured for it as well.
   * @default false
   */
  readonly streaming?: boolean;
}

type Context = Parameters<AWSLambdaHandler>[1];

/** What Lambda's runtime puts there for functions that stream. */
interface LambdaRuntime {
  streamifyResponse(handler: AWSLambdaStreamingHandler): AWSLambdaHandler;
}

/**
 * A handler for API Gateway (HTTP APIs), function URLs, and direct invocation with a payload like the body of
 * `POST /run`, which returns an ExecutionResult or `{ error }`. Make it when the module is loaded: the runtime starts at
 * once and stays warm from one invocation to the next. A start that failed is tried again.
 */
export function createLambdaHandler(
  options: LambdaOptions = {},
): (event: unknown, context: unknown) => Promise<unknown> {
  const { streaming = false, ...handlerOptions } = options;
  let starting: Promise<Handler> | undefined;
  const start = (): Promise<Handler> => {
    starting ??= createHandler(handlerOptions).catch((error: unknown) => {
      starting = undefined;
      throw error;
    });
    return starting;
  };
  start().catch(() => {}); // the invocation reports it
  const answer = async (request: Request): Promise<Response> => await (await start())(request);
  if (!streaming)
    return async (event, context) =>
      isHttpEvent(event)
        ? await handleLambdaEvent(answer, event, context as Context)
        : await invoke(answer, event);
  const { awslambda } = globalThis as unknown as { awslambda: LambdaRuntime };
  return awslambda.streamifyResponse(async (event, stream, context) => {
    if (isHttpEvent(event))
      return await handleLambdaEventWithStream(answer, event, stream, context);
    stream.setContentType("application/json");
    stream.end(JSON.stringify(await invoke(answer, event)));
  }) as (event: unknown, context: unknown) => Promise<unknown>;
}

/** HTTP comes with a context of the request; a payload of the caller's own does not. */
function isHttpEvent(event: unknown): event is AwsLambdaEvent {
  return typeof event === "object" && event !== null && "requestContext" in event;
}

async function invoke(
  answer: (request: Request) => Promise<Response>,
  payload: unknown,
): Promise<unknown> {
  const request = new Request("http://lambda/run", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(payload ?? {}),
  });
  return await (await answer(request)).json();
}
