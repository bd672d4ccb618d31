import { type Agent, fetch, type Response } from "undici";
import { messageOf } from "../../core/errors.ts";
import { FairSemaphore } from "../../core/fair-semaphore.ts";
import { ToolError } from "../../core/tool-error.ts";
import type { CallContext } from "../call-context.ts";
import type { ToolInfo, ToolSource } from "../tool.ts";
import { checkUnpacked, readBody, utf8 } from "./body.ts";
import { guardedAgent, type Resolver } from "./dial.ts";
import { type Destination, destinationOf, matches } from "./hosts.ts";
import { REDIRECTS, redirected } from "./redirect.ts";
import { AnswerRedactor } from "./redact-answer.ts";
import { checkRequest, type FetchRequest, headersFor, type Pair } from "./request.ts";
import type { AllowRule, ResolvedNetwork } from "./settings.ts";

const LABEL = "network.fetch";
/** What a program receives, see the guest's Response. */
interface FetchAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: readonly Pair[];
  /** Text where the bytes are UTF-8. */
  readonly body: string | Uint8Array;
}

/**
 * The network as a tool: a program has no other access to it. Every hop of every request is checked here. No secret of the
 * host's headers is in what leaves it, be it a body, an address, a header, a status text or the message of an error.
 */
export class FetchSource implements ToolSource {
  readonly name = "network";
  readonly warnings: readonly string[] = [];
  readonly offersFetch = true;
  readonly #settings: ResolvedNetwork;
  readonly #agent: Agent;
  readonly #slots: FairSemaphore;
  readonly #redactor: AnswerRedactor;

  /** @param resolve for tests: the system's resolver by default */
  constructor(settings: ResolvedNetwork, resolve?: Resolver) {
    this.#settings = settings;
    const { connections, isAllowedAddress } = settings;
    this.#agent = guardedAgent(isAllowedAddress, 2 * connections, resolve);
    this.#slots = new FairSemaphore(connections, connections);
    this.#redactor = new AnswerRedactor(settings.secrets);
  }

  async list(): Promise<readonly ToolInfo[]> {
    const hosts = this.#settings.allow.map(
      ({ pattern, methods }) => `${pattern} (${methods.join(", ")})`,
    );
    return [
      {
        name: "fetch",
        description: `Request a URL; in programs also as the global fetch(url, init). Allowed: ${hosts.join("; ")}.`,
        inputSchema: {
          type: "object",
          properties: {
            url: { type: "string" },
            method: { type: "string" },
            headers: { description: "an object, or a list of pairs" },
            body: { description: "text or bytes" },
            redirect: { enum: ["follow", "manual", "error"] },
          },
          required: ["url"],
        },
        annotations: { openWorldHint: true },
      },
    ];
  }

  /** @throws ToolError `denied`, `invalid_arguments`, `output_limit`, `tool_error` */
  async call(_tool: string, args: unknown, context: CallContext): Promise<FetchAnswer> {
    const request = checkRequest(args, this.#settings.requestBytes);
    const work = (): Promise<FetchAnswer> => this.#fetch(request, context);
    return await this.#slots.run(context.caller.user, work, context.signal);
  }

  async #fetch(request: FetchRequest, context: CallContext): Promise<FetchAnswer> {
    const timeout = AbortSignal.timeout(this.#settings.timeoutMs);
    const signal = AbortSignal.any([context.signal, timeout]);
    try {
      return await this.#follow(request, signal, context);
    } catch (error) {
      const failure = toToolError(error, timeout.aborted, this.#settings.timeoutMs);
      throw this.#redactor.error(failure);
    }
  }

  async #follow(
    first: FetchRequest,
    signal: AbortSignal,
    context: CallContext,
  ): Promise<FetchAnswer> {
    let request = first;
    for (let hop = 0; ; hop++) {
      // oxlint-disable-next-line no-await-in-loop -- each hop depends on the one before
      const { response, answer } = await this.#hop(request, signal, context);
      const location = REDIRECTS.has(response.status) ? response.headers.get("location") : null;
      if (location === null || request.redirect === "manual")
        return {
          ...answer,
          url: this.#redactor.text(withoutFragment(request.url)),
          redirected: hop > 0,
        };
      if (request.redirect === "error")
        throw new ToolError("tool_error", "the server redirects, which the request does not want");
      if (hop >= this.#settings.redirects)
        throw new ToolError("denied", `the server redirects more than ${hop} times`);
      const next = redirected(request, response.status, location);
      if (next.url.origin !== request.url.origin && this.#redactor.has(next.url.href))
        throw denied("the server redirects to another with a secret of this host in the address");
      request = next;
    }
  }

  async #hop(
    request: FetchRequest,
    signal: AbortSignal,
    context: CallContext,
  ): Promise<{ response: Response; answer: Omit<FetchAnswer, "url" | "redirected"> }> {
    const started = performance.now();
    const address = this.#redactor.text(request.url.origin + request.url.pathname);
    const reported = { method: request.method, url: address };
    try {
      const rule = this.#ruleFor(request);
      const { response, answer, bytes } = await this.#send(request, rule, signal);
      const ms = performance.now() - started;
      context.onRequest?.({ ...reported, status: response.status, bytes, ms });
      return { response, answer };
    } catch (error) {
      const failure = this.#redactor.error(toToolError(error, false, 0));
      const ms = performance.now() - started;
      context.onRequest?.({ ...reported, bytes: 0, ms, error: failure.message });
      throw error;
    }
  }

  /** The first rule that allows it. Everything is decided on the parsed URL that is requested. */
  #ruleFor({ url, method }: FetchRequest): AllowRule {
    const destination = destinationOf(url);
    if (destination === undefined || url.username !== "" || url.password !== "")
      throw denied(
        `${url.protocol}//${url.host} is no place for a request: http(s), a host, no credentials`,
      );
    const { allow, deny } = this.#settings;
    const rules = allow.filter((rule) => matches(rule, destination));
    if (rules.length === 0 || deny.some((rule) => matches(rule, destination)))
      throw denied(`${spell(destination)} is not a host that programs may reach`, allow);
    const rule = rules.find(({ methods }) => methods.includes(method));
    if (rule === undefined)
      throw denied(
        `${method} is not allowed for ${spell(destination)}; allowed: ${rules.flatMap(({ methods }) => methods).join(", ")}`,
      );
    return rule;
  }

  async #send(
    { url, method, headers, body }: FetchRequest,
    rule: AllowRule,
    signal: AbortSignal,
  ): Promise<{
    response: Response;
    answer: Omit<FetchAnswer, "url" | "redirected">;
    bytes: number;
  }> {
    const redactor = this.#redactor;
    const response = await fetch(url, {
      method,
      headers: headersFor(headers, rule.headers, redactor.isActive),
      ...(body === undefined ? {} : { body }),
      redirect: "manual",
      dispatcher: this.#agent,
      signal,
    });
    if (redactor.isActive) checkUnpacked(response);
    const bytes = await readBody(response, this.#settings.responseBytes);
    const clean = await redactor.bytes(bytes);
    return {
      response,
      bytes: bytes.length,
      answer: {
        status: response.status,
        statusText: redactor.text(response.statusText),
        headers: [...response.headers]
          .filter(([name]) => !redactor.has(name))
          .map(([name, value]) => [name, redactor.text(value)] as const),
        body: utf8(clean) ?? clean,
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

function denied(message: string, allow: readonly AllowRule[] = []): ToolError {
  const hosts = allow.slice(0, 10).map(({ pattern }) => pattern);
  const hint = hosts.length === 0 ? undefined : `Allowed are ${hosts.join(", ")}.`;
  return new ToolError("denied", message, { tool: LABEL, ...(hint === undefined ? {} : { hint }) });
}

function spell({ protocol, host, port }: Destination): string {
  return `${protocol}//${host}:${port}`;
}

function withoutFragment(url: URL): string {
  return url.href.slice(0, url.href.length - url.hash.length);
}

/** Describes a failure without details of the host: undici keeps the reason in `cause`. */
function toToolError(error: unknown, timedOut: boolean, timeoutMs: number): ToolError {
  for (let cause = error; cause !== undefined; cause = (cause as { cause?: unknown } | null)?.cause)
    if (cause instanceof ToolError) return cause;
  if (timedOut)
    return new ToolError("tool_error", `the request took more than ${timeoutMs} ms`, {
      tool: LABEL,
    });
  const cause = (error as { cause?: { code?: unknown } }).cause;
  const reason = typeof cause?.code === "string" ? cause.code : messageOf(cause ?? error);
  return new ToolError("tool_error", `the request failed: ${reason}`, { tool: LABEL });
}
