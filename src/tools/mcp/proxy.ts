/** The proxy that the environment names: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in lower case too. */
import { BlockList, isIP } from "node:net";
import { Agent, type Dispatcher, getGlobalDispatcher, ProxyAgent } from "undici";
import { StartError } from "./start-error.ts";

/** An address, and the variable that has it. */
interface Proxy {
  readonly variable: string;
  readonly address: string;
}

const KIND = "its proxy cannot be reached";
/** Codes of failures to connect. What fails later may be the server. */
const UNREACHED =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/;

/** Causes of causes. */
const MAX_CAUSES = 5;

/** By address. A process has one or two. */
const agents = new Map<string, ProxyAgent>();

/**
 * What sends requests to a remote server. A dispatcher that this process has set for itself is used as it is.
 * @throws StartError naming a variable that holds no address
 */
export function dispatcherFor(origin: string | URL | undefined): Dispatcher {
  const proxy = origin === undefined ? undefined : proxyFor(new URL(origin));
  return proxy === undefined ? getGlobalDispatcher() : agentOf(proxy);
}

/** The failure of a request, where it is that of a proxy: it names the variable, and nothing of its value. */
export function proxyFailure(url: string | URL, error: unknown): StartError | undefined {
  const cause = causeOf(error);
  if (cause === undefined) return undefined;
  if (cause instanceof StartError) return cause;
  const proxy = proxyFor(new URL(url));
  if (proxy === undefined) return undefined;
  const told = `the proxy in ${proxy.variable}`;
  const status = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(cause.message)?.[1];
  if (status !== undefined) {
    const advice = status === "407" ? " (check the user and the password in it)" : "";
    return new StartError(`${told} refused: HTTP ${status}${advice}`, KIND);
  }
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  if (!UNREACHED.test(code)) return undefined;
  return new StartError(
    `${told} cannot be reached (${code}); change it, or name the server in NO_PROXY`,
    KIND,
  );
}

/** What a failed request is due to. That a tunnel was refused is the cause of a cause. */
function causeOf(error: unknown): Error | undefined {
  let cause = error instanceof Error ? error.cause : undefined;
  for (let depth = 0; cause instanceof Error && depth < MAX_CAUSES; depth++) {
    if (!(cause.cause instanceof Error)) return cause;
    cause = cause.cause;
  }
  return undefined;
}

function agentOf({ variable, address }: Proxy): ProxyAgent {
  let agent = agents.get(address);
  if (agent !== undefined) return agent;
  const uri = URL.canParse(address) ? new URL(address) : undefined;
  if (uri === undefined || !/^https?:$/.test(uri.protocol))
    throw new StartError(`${variable} must be the http:// or https:// address of a proxy`, KIND);
  const { username, password } = uri;
  const pair = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64");
  uri.username = uri.password = "";
  // A plain request goes to the proxy as it is: many let no tunnel through to port 80.
  const auth = username + password === "" ? {} : { token: `Basic ${pair}` };
  agent = new ProxyAgent({ uri: uri.href, proxyTunnel: false, ...auth });
  agents.set(address, agent);
  return agent;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function proxyFor({ protocol, hostname, port }: URL): Proxy | undefined {
  if (!isPlain()) return undefined;
  const isSecure = protocol === "https:";
  const names = isSecure ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy", "HTTP_PROXY"];
  const { env } = process;
  const variable = [...names, "all_proxy", "ALL_PROXY"].find((name) => (env[name] ?? "") !== "");
  if (variable === undefined || isLocal(hostname)) return undefined;
  const excepted = env["no_proxy"] ?? env["NO_PROXY"] ?? "";
  if (isExcepted(hostname, port || (isSecure ? "443" : "80"), excepted)) return undefined;
  return { variable, address: env[variable]! };
}

/** Whether this process has set no dispatcher of its own. Newer versions of Node wrap theirs for this version of undici. */
function isPlain(): boolean {
  const { name } = getGlobalDispatcher().constructor;
  const newest: unknown = Reflect.get(globalThis, Symbol.for("undici.globalDispatcher.2"));
  if (name !== "Dispatcher1Wrapper") return name === Agent.name;
  return newest instanceof Object && newest.constructor.name === Agent.name;
}

/** This machine, which no proxy reaches. */
function isLocal(hostname: string): boolean {
  return /^(?:(?:.*\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

/** As curl has it: names and their subdomains, with a port or without; addresses and their ranges; `*` is all. */
function isExcepted(hostname: string, port: string, list: string): boolean {
  const entries = list.toLowerCase().split(/[\s,]+/);
  const address = withoutBrackets(hostname);
  return entries.some((entry) => {
    if (entry === "*") return true;
    const range = rangeOf(withoutBrackets(entry));
    if (range !== undefined) return isIP(address) !== 0 && range.check(address, familyOf(address));
    const [, name = "", own] = /^(?:\*?\.)?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
    if (name === "" || (own !== undefined && own !== port)) return false;
    return hostname === name || hostname.endsWith(`.${name}`);
  });
}

/** `10.0.0.1`, `10.0.0.0/8`, `fd00::/8`; nothing for what begins with no address. */
function rangeOf(entry: string): BlockList | undefined {
  const [address = "", bits] = entry.split("/");
  if (isIP(address) === 0) return undefined;
  const range = new BlockList();
  const most = isIP(address) === 6 ? 128 : 32;
  const length = bits === undefined ? most : Number(bits);
  if (bits !== "" && Number.isInteger(length) && length >= 0 && length <= most)
    range.addSubnet(address, length, familyOf(address));
  return range;
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

function withoutBrackets(text: string): string {
  return text.replace(/^\[|\]$/g, "");
}
