/**
 * A subset of `fetch` of the Fetch standard. The request is a tool call like any other: the host decides whether it is
 * allowed, and makes it.
 */
import { isArrayBuffer } from "../../core/brands.ts";
import { parseExact } from "../../core/exact-json.ts";
import * as native from "../../core/primordials.ts";
import { callTool } from "./calls.ts";
import { TextDecoder, TextEncoder } from "./encoding.ts";
import { type AbortSignal, DOMException, isAbortSignal } from "./events.ts";
import { inspectAs } from "./inspect.ts";
import { isSearchParams } from "./search-params.ts";

/** The server name under which the host offers it, see FetchSource. */
const SERVER = "network";
const TOOL = "fetch";

type Pair = readonly [name: string, value: string];

function pairsOf(init: unknown): Pair[] {
  if (init === undefined || init === null) return [];
  if (typeof init !== "object") throw new TypeError("headers must be an object or a list of pairs");
  const isList = typeof (init as Iterable<unknown>)[Symbol.iterator] === "function";
  const entries = isList ? [...(init as Iterable<Pair>)] : Object.entries(init);
  return entries.map(([name, value]) => [`${name}`.toLowerCase(), `${value as string}`.trim()]);
}

export class Headers {
  readonly #values = new Map<string, string[]>();

  constructor(init?: unknown) {
    for (const [name, value] of pairsOf(init)) this.append(name, value);
  }

  get [Symbol.toStringTag](): string {
    return "Headers";
  }

  [inspectAs](): unknown {
    return Object.fromEntries(this);
  }

  append(name: unknown, value: unknown): void {
    const key = `${name as string}`.toLowerCase();
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [`${value as string}`]);
    else values.push(`${value as string}`);
  }

  set(name: unknown, value: unknown): void {
    this.#values.set(`${name as string}`.toLowerCase(), [`${value as string}`]);
  }

  delete(name: unknown): void {
    this.#values.delete(`${name as string}`.toLowerCase());
  }

  has(name: unknown): boolean {
    return this.#values.has(`${name as string}`.toLowerCase());
  }

  get(name: unknown): string | null {
    return this.#values.get(`${name as string}`.toLowerCase())?.join(", ") ?? null;
  }

  getSetCookie(): string[] {
    return [...(this.#values.get("set-cookie") ?? [])];
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void): void {
    for (const [name, value] of this) callback(value, name, this);
  }

  *entries(): IterableIterator<[string, string]> {
    for (const name of [...this.#values.keys()].toSorted()) yield [name, this.get(name)!];
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }
}

/** The host's answer. A body that is valid UTF-8 comes as text, which is faster, any other as bytes. */
interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: readonly Pair[];
  readonly body: string | Uint8Array;
}

export class Response {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  readonly headers: Headers;
  readonly type = "basic";
  #body: string | Uint8Array;
  #used = false;

  constructor(body?: unknown, init: Partial<Answer> = {}) {
    this.#body =
      body === undefined || body === null ? "" : isBytes(body) ? body : `${body as string}`;
    this.status = init.status ?? 200;
    this.statusText = init.statusText ?? "";
    this.url = init.url ?? "";
    this.redirected = init.redirected ?? false;
    this.headers = new Headers(init.headers);
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get [Symbol.toStringTag](): string {
    return "Response";
  }

  get bodyUsed(): boolean {
    return this.#used;
  }

  #take(): string | Uint8Array {
    if (this.#used) throw new TypeError("the body has been read already; use clone() before");
    this.#used = true;
    return this.#body;
  }

  async text(): Promise<string> {
    const body = this.#take();
    if (typeof body !== "string") return new TextDecoder().decode(body);
    return body.charCodeAt(0) === 0xfeff ? body.slice(1) : body;
  }

  async json(): Promise<unknown> {
    return parseExact(await this.text());
  }

  async bytes(): Promise<Uint8Array> {
    const body = this.#take();
    return typeof body === "string" ? new TextEncoder().encode(body) : body;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).slice().buffer as ArrayBuffer;
  }

  clone(): Response {
    if (this.#used) throw new TypeError("the body has been read already");
    return new Response(this.#body, { ...this, headers: [...this.headers] });
  }
}

function isBytes(body: unknown): body is Uint8Array {
  return native.isView(body) && native.typedArrayKind(body) === "Uint8Array";
}

interface RequestInit {
  readonly method?: unknown;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly redirect?: unknown;
  readonly signal?: AbortSignal | null;
}

function bodyOf(body: unknown, headers: Headers): string | Uint8Array | undefined {
  if (body === undefined || body === null) return undefined;
  if (isArrayBuffer(body)) return new Uint8Array(body);
  if (ArrayBuffer.isView(body))
    return new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength);
  const isForm = isSearchParams(body);
  const type = isForm
    ? "application/x-www-form-urlencoded;charset=UTF-8"
    : "text/plain;charset=UTF-8";
  if (!headers.has("content-type")) headers.set("content-type", type);
  return `${body as string}`;
}

/** Rejects with the signal's reason as soon as it is aborted; the host's request ends with the run. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort);
  return Promise.race([work, promise]);
}

/** @throws ToolError `denied` for a request that the host does not allow, `tool_error` for a failure of the network */
export async function fetch(input: unknown, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const body = bodyOf(init.body, headers);
  const redirect = init.redirect === undefined ? "follow" : `${init.redirect as string}`;
  const { signal } = init;
  if (signal !== undefined && signal !== null && !isAbortSignal(signal))
    throw new DOMException("signal must be an AbortSignal", "TypeError");
  if (signal?.aborted === true) throw signal.reason;
  const call = callTool(SERVER, TOOL, {
    url: `${input as string}`,
    method: init.method === undefined ? "GET" : `${init.method as string}`,
    headers: [...headers],
    redirect,
    ...(body === undefined ? {} : { body }),
  }) as Promise<Answer>;
  const answer = await (signal === undefined || signal === null ? call : abortable(call, signal));
  return new Response(answer.body, answer);
}
