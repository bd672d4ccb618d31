/** Which requests a service accepts: for its own host names (DNS rebinding), from pages of known origins. */
import { isAmong } from "./cors.ts";

const LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"];

/** Why a request is refused, if it is. */
export function originProblem(
  request: Request,
  allowedHosts: readonly string[],
  allowedOrigins: readonly string[],
): string | undefined {
  const host = hostName(request.headers.get("host") ?? new URL(request.url).host);
  if (![...LOOPBACK_HOSTS, ...allowedHosts.map((name) => name.toLowerCase())].includes(host))
    return "this host name is not allowed (see allowedHosts, --allow-host)";
  const origin = request.headers.get("origin");
  if (origin !== null && !isAmong(origin, allowedOrigins) && !isLoopbackOrigin(origin))
    return "this origin is not allowed (see allowedOrigins, --allow-origin)";
  return undefined;
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, "").toLowerCase();
}

function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && LOOPBACK_HOSTS.includes(new URL(origin).hostname);
}

/** Whether an address to listen on is this machine's own. */
export function isLoopback(address: string): boolean {
  return ["127.0.0.1", "::1", "localhost"].includes(address);
}
