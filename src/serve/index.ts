/** `codecell/serve`: a runtime over HTTP: a handler for any platform, one for AWS Lambda, and the service. */
import "../core/check-node.ts";
export { createHandler, type Handler, type HandlerOptions } from "./http/handler.ts";
export { createLambdaHandler, type LambdaOptions } from "./http/lambda.ts";
export type { LogLine } from "./service/app.ts";
export type { Scope } from "./http/api.ts";
export type { RunningService } from "./service/listen.ts";
export type { ApiKey, AuthSettings, JwtSettings } from "./service/auth-settings.ts";
export type { RateLimit, ServeSettings } from "./service/settings.ts";
export { startService } from "./service/start.ts";
export { traceRuntime } from "./service/tracing.ts";
