/** Remote servers through the proxy that the environment names. */
import dns from "node:dns";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createRuntime } from "../../src/index.ts";
import { patientFetch } from "../../src/tools/mcp/patient-fetch.ts";

/** What a proxy was asked for: `GET http://…` or `CONNECT host:port`. */
interface Proxy {
  readonly address: string;
  readonly asked: string[];
  readonly credentials: (string | undefined)[];
}

const servers: Server[] = [];
const sockets = new Set<Socket>();

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A proxy that leads every name to one local port, and wants a login where it is given one. */
async function openProxy(port: number, login?: string): Promise<Proxy> {
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  const isLet = ({ headers, method, url }: IncomingMessage): boolean => {
    asked.push(`${method} ${url}`);
    credentials.push(headers["proxy-authorization"]);
    return login === undefined || headers["proxy-authorization"] === login;
  };
  const server = createServer((incoming, response) => {
    if (!isLet(incoming)) return void response.writeHead(407).end();
    const { pathname } = new URL(incoming.url!);
    const { method, headers } = incoming;
    const onward = request(
      { host: "127.0.0.1", port, path: pathname, method, headers },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.destroy());
    incoming.pipe(onward);
  });
  server.on("connect", (incoming: IncomingMessage, socket: Socket) => {
    if (!isLet(incoming))
      return void socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    const onward = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  });
  return { address: `127.0.0.1:${await listen(server)}`, asked, credentials };
}

/** Answers as an MCP server with one tool. */
function answerMcp(incoming: IncomingMessage, body: string): object | undefined {
  if (incoming.method !== "POST") return undefined;
  const { id, method, params } = JSON.parse(body) as {
    id?: number;
    method: string;
    params: { protocolVersion?: string };
  };
  const result = {
    initialize: {
      protocolVersion: params?.protocolVersion,
      capabilities: { tools: {} },
      serverInfo: { name: "far", version: "1" },
    },
    "tools/list": { tools: [{ name: "hello", inputSchema: { type: "object" } }] },
    "tools/call": { content: [{ type: "text", text: "hello from afar" }] },
  }[method];
  return id === undefined || result === undefined ? undefined : { jsonrpc: "2.0", id, result };
}

let port: number;
beforeAll(async () => {
  port = await listen(
    createServer((incoming, response) => {
      let body = "";
      incoming.setEncoding("utf8").on("data", (text: string) => (body += text));
      incoming.on("end", () => {
        const answer = answerMcp(incoming, body);
        if (answer === undefined)
          return void response.writeHead(incoming.method === "GET" ? 405 : 202).end();
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
      });
    }),
  );
});
beforeEach(() => {
  for (const name of ["HTTP", "HTTPS", "ALL", "NO"])
    for (const variable of [`${name}_PROXY`, `${name.toLowerCase()}_proxy`])
      vi.stubEnv(variable, undefined);
});
afterEach(() => vi.unstubAllEnvs());
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

async function far(url = "http://far.example/mcp") {
  return await createRuntime({
    mcpServers: { far: { url, type: "http" } },
    engine: "quickjs",
    placement: "inline",
  });
}

describe("HTTP_PROXY", () => {
  test("takes plain requests as they are", async () => {
    const proxy = await openProxy(port);
    vi.stubEnv("HTTP_PROXY", `http://${proxy.address}`);
    await using runtime = await far();
    expect(await runtime.run("await tools.far.hello()")).toMatchObject({
      ok: true,
      value: "hello from afar",
    });
    expect(new Set(proxy.asked)).toContain("POST http://far.example/mcp");
    expect(proxy.asked.some((line) => line.startsWith("CONNECT"))).toBe(false);
  });

  test("in lower case, and as ALL_PROXY", async () => {
    const proxy = await openProxy(port);
    vi.stubEnv("http_proxy", `http://${proxy.address}`);
    vi.stubEnv("HTTP_PROXY", "http://127.0.0.1:1");
    expect((await patientFetch("http://far.example/a")).status).toBe(405);
    vi.stubEnv("http_proxy", undefined);
    vi.stubEnv("HTTP_PROXY", undefined);
    vi.stubEnv("ALL_PROXY", `http://${proxy.address}`);
    expect((await patientFetch("http://far.example/b")).status).toBe(405);
    expect(proxy.asked).toEqual(["GET http://far.example/a", "GET http://far.example/b"]);
  });

  test("gets its user and password, which no message shows", async () => {
    const proxy = await openProxy(port, `Basic ${Buffer.from("me:p@ss word").toString("base64")}`);
    vi.stubEnv("HTTP_PROXY", `http://me:p%40ss%20word@${proxy.address}`);
    await using letIn = await far();
    expect(letIn.describe().servers).toEqual([{ name: "far", tools: 1, state: "connected" }]);
    vi.stubEnv("HTTP_PROXY", `http://me:wr0ngw0rd@${proxy.address}`);
    await using keptOut = await far();
    const { failure } = keptOut.describe().servers[0]!;
    expect(failure).toContain(
      "the proxy in HTTP_PROXY refused: HTTP 407 (check the user and the password in it)",
    );
    expect(JSON.stringify(keptOut.describe())).not.toContain("wr0ngw0rd");
  });

  test("that is down is an error that names the variable", async () => {
    const gone = createServer();
    const closed = await listen(gone);
    await new Promise((done) => gone.close(done));
    vi.stubEnv("HTTP_PROXY", `http://user:pa55w0rd@127.0.0.1:${closed}`);
    await using runtime = await far();
    const { failure } = runtime.describe().servers[0]!;
    expect(failure).toContain(
      "the proxy in HTTP_PROXY cannot be reached (ECONNREFUSED); change it, or name the server in NO_PROXY",
    );
    expect(failure).not.toMatch(/pa55w0rd|127\.0\.0\.1/);
    const result = await runtime.run("await tools.far.hello()");
    expect(result).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("its proxy cannot be reached") },
    });
  });

  test.each(["nonsense", "socks5://127.0.0.1:1080", "ftp://x", "http://"])(
    "that is %s is an error that names it",
    async (value) => {
      vi.stubEnv("HTTP_PROXY", value);
      await expect(patientFetch("http://far.example/")).rejects.toThrow(
        "HTTP_PROXY must be the http:// or https:// address of a proxy",
      );
    },
  );
});

test("HTTPS_PROXY is asked for a tunnel", async () => {
  const proxy = await openProxy(port);
  vi.stubEnv("HTTPS_PROXY", `http://${proxy.address}`);
  vi.stubEnv("HTTP_PROXY", "http://127.0.0.1:1");
  // The far end speaks no TLS: that the tunnel is made is what is seen here.
  await expect(patientFetch("https://far.example/mcp")).rejects.toThrow("fetch failed");
  expect(proxy.asked).toEqual(["CONNECT far.example:443"]);
  const refusing = await openProxy(port, "Basic nobody");
  vi.stubEnv("HTTPS_PROXY", `http://${refusing.address}`);
  await expect(patientFetch("https://far.example/mcp")).rejects.toThrow(
    "the proxy in HTTPS_PROXY refused: HTTP 407",
  );
});

describe("NO_PROXY", () => {
  /** What is not asked of the proxy arrives here: every name is this machine, and the port is that of the far end. */
  const aroundIt = async (list: string, host: string): Promise<boolean> => {
    const proxy = await openProxy(port);
    vi.stubEnv("HTTP_PROXY", `http://${proxy.address}`);
    vi.stubEnv("NO_PROXY", list.replace("PORT", String(port)));
    const lookUp = vi.spyOn(dns, "lookup").mockImplementation(((
      _host: string,
      { all }: { all?: boolean },
      tell: (error: null, ...found: unknown[]) => void,
    ) => {
      if (all === true) tell(null, [{ address: "127.0.0.1", family: 4 }]);
      else tell(null, "127.0.0.1", 4);
    }) as never);
    try {
      expect((await patientFetch(`http://${host}:${port}/`)).status).toBe(405);
      return proxy.asked.length === 0;
    } finally {
      lookUp.mockRestore();
    }
  };

  test.each([
    "far.example",
    "example",
    ".example",
    "*.example",
    "FAR.example",
    "a.b, far.example:PORT",
    "a.b far.example",
    "*",
  ])("%s goes around it", async (list) => {
    expect(await aroundIt(list, "far.example")).toBe(true);
  });

  test.each(["", "ar.example", "far.example:81", "other", "10.0.0.0/8"])(
    "%j does not",
    async (list) => {
      expect(await aroundIt(list, "far.example")).toBe(false);
    },
  );

  test.each([
    "::ffff:127.0.0.1",
    "[::ffff:7f00:1]",
    "::ffff:127.0.0.0/104",
    "127.0.0.0/8",
    "::/0",
    "10.0.0.0/8,127.0.0.1",
  ])("%s goes around it to an address", async (list) => {
    expect(await aroundIt(list, "[::ffff:7f00:1]")).toBe(true);
  });

  test.each(["10.0.0.0/8", "127.0.0.0/33", "127.0.0.0/", "127.0.0.0/x", "::1", "fd00::/8"])(
    "%s does not to an address",
    async (list) => {
      expect(await aroundIt(list, "[::ffff:7f00:1]")).toBe(false);
    },
  );

  test("this machine is never asked for through a proxy", async () => {
    vi.stubEnv("HTTP_PROXY", "http://127.0.0.1:1");
    expect((await patientFetch(`http://127.0.0.1:${port}/`)).status).toBe(405);
    expect((await patientFetch(`http://localhost:${port}/`)).status).toBe(405);
  });
});

test("a program's own fetch uses no proxy: it could not check where that leads", async () => {
  const proxy = await openProxy(port);
  vi.stubEnv("HTTP_PROXY", `http://${proxy.address}`);
  vi.stubEnv("HTTPS_PROXY", `http://${proxy.address}`);
  await using runtime = await createRuntime({
    engine: "quickjs",
    placement: "inline",
    network: { allow: ["http://127.0.0.1.invalid"] },
  });
  const result = await runtime.run('await fetch("http://127.0.0.1.invalid/")');
  expect(result.ok).toBe(false);
  expect(proxy.asked).toEqual([]);
});
