import { lookup as systemLookup, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { Agent, buildConnector } from "undici";
import { outsideRuns } from "../../core/async-context.ts";
import { ToolError } from "../../core/tool-error.ts";
import type { AddressCheck } from "./addresses.ts";

const CONNECT_MS = 5_000;

/** Finds all addresses of a name, as `dns.lookup` does with `all`. */
export type Resolver = (
  name: string,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const resolveName: Resolver = (name, done) => systemLookup(name, { all: true }, done);

/**
 * Connections that reach allowed addresses only. A name is resolved once, all of its addresses are checked, and what
 * was checked is what is dialled, so that a second answer of the name server cannot lead elsewhere. An address in the
 * URL itself is checked too: for that no name is looked up. What the connection reached is checked at the end again.
 * @param refused the error for a host that leads elsewhere
 */
export function guardedAgent(
  isAllowed: AddressCheck,
  connections: number,
  resolve: Resolver = resolveName,
  refused: (host: string) => Error = refusedToPrograms,
): Agent {
  const lookup: LookupFunction = (name, options, done) =>
    resolve(name, (error, addresses) => {
      if (error !== null) return done(error, "");
      const bad = addresses.find(({ address }) => !isAllowed(address));
      if (bad !== undefined || addresses.length === 0) return done(refused(name), "");
      if (options.all === true) return done(null, addresses);
      done(null, addresses[0]!.address, addresses[0]!.family);
    });
  const dial = buildConnector({ lookup, timeout: CONNECT_MS });
  return new Agent({
    connections,
    pipelining: 1,
    connect: (options, done) => {
      const host = options.hostname.replace(/^\[|\]$/g, "");
      if (isIP(host) !== 0 && !isAllowed(host)) return done(refused(host), null);
      // Other requests use the connection too.
      outsideRuns(() =>
        dial(options, (error, socket) => {
          if (error !== null) return done(error, null);
          if (isAllowed(socket.remoteAddress ?? "")) return done(null, socket);
          socket.destroy();
          done(refused(host), null);
        }),
      );
    },
  });
}

function refusedToPrograms(host: string): ToolError {
  return new ToolError(
    "denied",
    `${host} leads to an address that programs may not reach (private, link-local or reserved)`,
    { hint: "The host's setting network.allowPrivate can allow a range of addresses." },
  );
}
