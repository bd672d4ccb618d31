/** Routes of the service besides the API, for its OpenAPI document. */
const ok = (description: string, type = "application/json"): Readonly<Record<string, unknown>> => ({
  200: { description, content: { [type]: { schema: {} } } },
});

export const REMOTE_PATH = "/remote";

export const SERVICE_PATHS = {
  "/readyz": {
    get: {
      summary: "Whether the service takes runs",
      responses: { ...ok("It does"), 503: { description: "It is ending" } },
    },
  },
  "/metrics": {
    get: {
      summary: "Prometheus metrics",
      responses: { ...ok("Metrics", "text/plain"), 404: { description: "Switched off" } },
    },
  },
  "/.well-known/oauth-protected-resource": {
    get: {
      summary: "Where tokens come from (RFC 9728)",
      responses: { ...ok("Metadata"), 404: { description: "Nobody needs a token" } },
    },
  },
  "/remote/tools": {
    get: {
      summary: "The tools, for placement { remote }",
      responses: ok("Servers with their tools"),
    },
  },
  "/remote": {
    get: {
      summary: "Upgrade to a WebSocket: placement { remote } of a runtime elsewhere",
      responses: {
        101: { description: "The connection is one" },
        426: { description: "It is not" },
      },
    },
  },
} as const;
