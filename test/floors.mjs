/**
 * The import rules of src/, kept by `npm run floors` (dependency-cruiser). docs/architecture.md draws them.
 * Each rule has its reason, each exception too. Type imports count as imports, dynamic ones as well.
 */

/** A room imports rooms of lower floors only. index.ts is the public surface. */
const FLOORS = [
  ["core"],
  ["compile", "engine", "tools", "tokens"],
  ["placement", "discovery", "policy"],
  ["files", "preflight"],
  ["run"],
  ["session"],
  ["runtime"],
  ["index.ts"],
  ["agent"],
  ["serve", "bench"],
  ["cli"],
];

/**
 * Rooms that are users of codecell: they import the public surface and the vocabulary of core. What else they import,
 * and why.
 */
const USERS = {
  agent: {
    "discovery/(tool|category)-line.ts":
      "a tool and a category on one line read the same everywhere",
    "tools/to-json-schema.ts": "tools of other frameworks come with schemas of all libraries",
  },
  serve: {
    "discovery/tool-line.ts": "a tool on one line reads the same everywhere",
    "agent/":
      "what an MCP server offers, and the schema of a result, are those of the tools for agents",
  },
  bench: {
    "agent/agent-tools.ts": "measures the tools for agents: a published entry",
    "tokens/": "counts with the tokenizers of the token ledger",
    "runtime/resolve-options.ts": "reads a config as a runtime does, to tap its servers",
    "tools/config/server-entry.ts": "the type of a server's entry in the config",
    "tools/mcp/connection.ts": "puts a tap between codecell and a server",
  },
  cli: {
    "agent/agent-tools.ts": "a published entry",
    "agent/settings.ts": "`mcp` reads the names and texts of its tools from the config",
    "bench/index.ts": "a published entry",
    "serve/mcp/index.ts": "a published entry",
    "bench/latency/noise.ts": "warns of noise while `bench latency` runs",
    "serve/http/origin.ts": "`mcp --http` refuses to listen beyond loopback without a token",
    "serve/service/":
      "`serve` reads the service's settings; the published entry would load what only Lambda needs",
    "runtime/(create-runtime|options|resolve-options|toolbox).ts":
      "`tools` and `types` connect the tools without an engine; `mcp` serves before it has one; the schema of the config file has their settings",
    "discovery/tool-line.ts":
      "the mark of a tool that was listed last time reads the same everywhere",
    "discovery/discovery.ts": "`tools` asks the same",
    "placement/(open-place|process).ts": "`doctor` boots each engine in a process",
    "preflight/find-typescript.ts": "`doctor` tells which TypeScript would check types",
    "tools/config/": "finds and reads the config file, once per start",
    "tools/fetch/settings.ts":
      "the schema of the config file is put together of those of the rooms",
    "tools/mcp/(open|auth/loopback).ts":
      "`login` connects one server, `install` tries those of a host",
    "tools/tool.ts": "the type of what they list",
    "tokens/": "`install` counts what definitions of tools cost",
  },
};

/** Packages, and the only modules that import them. */
const DOORS = {
  acorn: "compile/(acorn|typescript/acorn-parser).ts",
  // Those that need not be installed are imported in one place, out of the sight of bundlers.
  "isolated-vm": "core/optional-packages.ts|engine/v8/v8.ts|bench/latency/(floors|memory).ts",
  "quickjs-emscripten-core|@jitl": "engine/quickjs/|bench/latency/floors.ts",
  // The client's side and the server's side; `mcp` serves over stdio.
  "@modelcontextprotocol": "tools/mcp/|serve/mcp/|cli/mcp.ts",
  undici: "tools/fetch/|tools/mcp/(patient-fetch|proxy).ts",
  "cross-spawn": "tools/mcp/server-process.ts",
  "jsonc-parser": "tools/config/jsonc.ts|cli/install/",
  "@cfworker/json-schema": "tools/validate.ts",
  "json-schema-to-typescript": "discovery/types/build.ts",
  minisearch: "discovery/search.ts",
  "zod-to-json-schema": "tools/to-json-schema.ts",
  typescript: "preflight/compiler-thread.ts",
  keyv: "session/stores/(keyv|sql).ts",
  "@keyv/redis|pg|tiktoken|@anthropic-ai/tokenizer": "core/optional-packages.ts",
  // One end of the connection each.
  ws: "placement/remote.ts|serve/service/remote-clients.ts",
  "hono|@hono/node-server": "serve/|cli/mcp.ts",
  jose: "serve/service/auth.ts",
  "rate-limiter-flexible": "serve/service/run-limits.ts",
  "prom-client": "serve/service/metrics.ts",
  "@opentelemetry": "serve/service/tracing.ts",
  srvx: "serve/http/lambda.ts",
  tinybench: "bench/latency/measure.ts",
  // The tools are of its class; who imports the entry has it.
  "@langchain": "agent/langchain.ts",
};

/** Where Node's own modules may be imported. The rest runs where Node is not: inline + quickjs + the fetch handler. */
const NODE = {
  "core/async-context.ts":
    "async contexts, which Bun, Deno and Workers have under the same name; loaded by the host's side only",
  "core/private-files.ts": "codecell's home; loaded only by what keeps files",
  "core/file-lock.ts": "locks of files in that home; loaded by the same",
  "core/own-file.ts": "looks whether a file is there that is started by its path",
  "placement/": "starts threads and processes",
  "engine/v8/": "isolated-vm is an addon of Node; replays count their calls by digest",
  "engine/quickjs/quickjs.ts": "finds the file of its WebAssembly, loaded on demand",
  "core/build.ts": "a build script",
  "engine/guest/build.ts": "a build script",
  "discovery/types/build.ts": "a build script",
  "compile/deadline.ts": "node:vm ends a parser that takes exponential time",
  "tools/mcp/": "servers are processes",
  "tools/config/": "configs are files",
  "tools/fetch/": "dials checked addresses",
  "tools/(cache-folder|catalogue-files).ts": "loaded with `catalogueCache` only",
  "discovery/learned-file.ts": "loaded only when `learn` is the path of a file",
  "preflight/(compiler|compiler-thread|find-typescript|module-types).ts":
    "TypeScript runs in a thread; loaded with `typeCheck` only",
  "preflight/(reader|reader-thread).ts": "programs are read in a thread; loaded with the first one",
  "run/run-events.ts": "the digest of a program",
  "session/": "snapshots are compressed and have a checksum; stores",
  "runtime/runtime.ts": "the type of a stream, for `hostRemote`",
  "serve/(service/|mcp/http-handler.ts)": "listens, compares tokens",
  "bench/": "measures processes",
  "cli/": "a program of Node's",
};

/** Queues in order of arrival. What several users wait for has a `core/fair-queue.ts`: one of them could keep the others waiting. */
const IN_ORDER = {
  "run/bridge.ts": "the calls of one run",
  "session/session.ts": "the runs of one session",
  "placement/pool/worker-client.ts": "the saves of one VM",
  "serve/service/connections.ts": "the large requests of one user",
};

/** What makes a call of a tool, a resource or a prompt. Nothing but the chain and its last link may. */
const CALLS =
  "policy/call-source.ts|tools/(open-sources|local|remote-tools|resource-source|mcp/(open|source|connection|link|client-upstream|resources)|fetch/fetch).ts";
const CHAIN = {
  "tools/": "implements the calls",
  "policy/": "the last link calls the source",
  "run/call-chain.ts": "folds the chain",
  "runtime/toolbox.ts": "opens the sources and closes them",
  "runtime/folder-servers.ts": "opens the servers that a folder gets, and closes them",
  "runtime/options.ts": "the type of local tools",
  "index.ts": "the type of local tools",
  "cli/login.ts": "connects a server to log in",
  "cli/install/trial.ts": "connects the servers of a host, to try them",
  "bench/tokens/open-world.ts": "taps the connections of a config",
};

const path = (pattern) => `^src/(${pattern.replaceAll(".", "\\.").replaceAll("-", "\\-")})`;
const inRoom = (room) =>
  room.endsWith(".ts") ? `^src/${room.replace(".", "\\.")}$` : `^src/${room}/`;
const error = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

const floors = FLOORS.flatMap((rooms, at) =>
  rooms.map((room) => {
    const lower = FLOORS.slice(0, at).flat();
    return error(
      `${room.replace(".ts", "")}-imports-lower-floors`,
      `${room} is on floor ${at + 1}: it imports neither a higher room nor one on its own floor`,
      { path: inRoom(room) },
      { path: "^src/", pathNot: [room, ...lower].map(inRoom) },
    );
  }),
);

const users = Object.entries(USERS).map(([room, doors]) =>
  error(
    `${room}-uses-the-public-surface`,
    `${room} is a user of codecell: what it lacks is exported by index.ts, or named in USERS with the reason`,
    { path: inRoom(room) },
    {
      path: "^src/",
      pathNot: [...["index.ts", "core", room].map(inRoom), ...Object.keys(doors).map(path)],
    },
  ),
);

const doors = Object.entries(DOORS).map(([packages, modules]) =>
  error(
    `one-door-${packages.replaceAll(/[^a-z0-9]+/g, "-").replace(/^-/, "")}`,
    "A heavy dependency has one door, so that it can be replaced, loaded on demand, or left out",
    { path: "^src/", pathNot: path(modules) },
    { path: `node_modules/(${packages})/` },
  ),
);

export default {
  forbidden: [
    error("no-circles", "A circle is one module in pieces", {}, { circular: true }),
    ...floors,
    error(
      "only-index-stands-in-src",
      "Every module has a room",
      { path: "^src/" },
      { path: "^src/[^/]+\\.ts$", pathNot: "^src/index\\.ts$" },
    ),
    error(
      "placement-knows-no-tools",
      "Where programs run, nobody decides what they may call",
      { path: "^src/placement/" },
      { path: "^src/", pathNot: "^src/(core|compile|engine|placement)/" },
    ),
    error(
      "worker-reaches-no-tools",
      "A worker that has been taken over must find no tools, no policy, no credentials in its process",
      { path: "^src/placement/worker/main\\.ts$" },
      {
        path: "^src/(?!core/|compile/|engine/|placement/)|^src/placement/(pool|sandbox)/|node_modules/(@modelcontextprotocol|zod|undici|ws)/",
        reachable: true,
      },
    ),
    error(
      "only-the-chain-makes-calls",
      "Whatever decides about a call is a link of the chain; nothing goes around it",
      { path: "^src/", pathNot: Object.keys(CHAIN).map(path) },
      { path: path(CALLS) },
    ),
    error(
      "only-auth-asks-authorization-servers",
      "The SDK's own authorization asks whatever address a server names, with the headers of its entry, and renews a token as often as it is asked",
      { path: "^src/", pathNot: path("tools/mcp/auth/") },
      { path: "node_modules/@modelcontextprotocol/sdk/.*client/auth" },
    ),
    error(
      "found-configs-need-trust",
      "A config file that nobody named is trusted before anything of it is used: there is one way to it",
      {
        path: "^src/",
        pathNot: path(
          "index.ts|runtime/(resolve-options|folder-servers).ts|tools/config/|cli/trust/|cli/doctor.ts",
        ),
      },
      { path: path("tools/config/load-config.ts") },
    ),
    error(
      "users-wait-in-fair-order",
      "A queue in order of arrival is for what one user waits for",
      { path: "^src/", pathNot: Object.keys(IN_ORDER).map(path) },
      { path: "^src/core/semaphore\\.ts$" },
    ),
    ...users,
    ...doors,
    error(
      "node-where-node-is",
      "inline + quickjs + the fetch handler run where Node is not",
      { path: "^src/", pathNot: Object.keys(NODE).map(path) },
      { dependencyTypes: ["core"] },
    ),
    error(
      "users-have-it",
      "A published module must not need what only the repository installs",
      { path: "^src/", pathNot: "/build\\.ts$" },
      // Optional for users, and therefore listed for development too.
      {
        dependencyTypes: ["npm-dev"],
        pathNot:
          "node_modules/(isolated-vm|@keyv/redis|@langchain/core|pg|tiktoken|@anthropic-ai/tokenizer|typescript)/",
      },
    ),
    error(
      "nothing-unresolved",
      "A rule cannot judge what it cannot find",
      { path: "^src/" },
      { couldNotResolve: true },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types"],
    },
  },
};
