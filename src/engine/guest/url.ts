/** URL of the URL standard. The host parses, because it implements the whole standard. */
import { send } from "./host-port.ts";
import { inspectAs } from "./inspect.ts";
import { connect, replaceQuery, URLSearchParams } from "./search-params.ts";

const PARTS = [
  "hash",
  "host",
  "hostname",
  "href",
  "password",
  "pathname",
  "port",
  "protocol",
  "search",
  "username",
] as const;
/** The host parses URLs of up to 64 KiB. */
const MAX_PART = 60_000;
type Part = (typeof PARTS)[number] | "origin";
type Parts = Readonly<Record<Part, string>>;

function parse(url: unknown, base: unknown): Parts | undefined {
  const list =
    base === undefined ? [`${url as string}`] : [`${url as string}`, `${base as string}`];
  const text = send("url", 0, "parse", JSON.stringify(list));
  return text === "" ? undefined : (JSON.parse(text) as Parts);
}

// The accessors of all parts are alike; they are defined below the class.
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging
export class URL {
  #parts: Parts;
  #params: URLSearchParams | undefined;

  constructor(url: unknown, base?: unknown) {
    const parts = parse(url, base);
    if (parts === undefined)
      throw new TypeError(`Invalid URL: '${`${url as string}`.slice(0, 200)}'`);
    this.#parts = parts;
  }

  static canParse(url: unknown, base?: unknown): boolean {
    return parse(url, base) !== undefined;
  }

  static parse(url: unknown, base?: unknown): URL | null {
    return URL.canParse(url, base) ? new URL(url, base) : null;
  }

  static {
    for (const part of PARTS) {
      Object.defineProperty(this.prototype, part, {
        get(this: URL) {
          return this.#parts[part];
        },
        set(this: URL, value: unknown) {
          this.#set(part, `${value as string}`);
          if (this.#params !== undefined) replaceQuery(this.#params, this.#parts.search);
        },
        enumerable: true,
        configurable: true,
      });
    }
  }

  get origin(): string {
    return this.#parts.origin;
  }

  get [Symbol.toStringTag](): string {
    return "URL";
  }

  [inspectAs](): unknown {
    return this.#parts.href;
  }

  get searchParams(): URLSearchParams {
    if (this.#params === undefined) {
      this.#params = new URLSearchParams(this.#parts.search);
      connect(this.#params, (query) => this.#set("search", query));
    }
    return this.#params;
  }

  #set(part: Part, value: string): void {
    const text = send("url", 0, "set", JSON.stringify([this.#parts.href, part, value]));
    if (text !== "") this.#parts = JSON.parse(text) as Parts;
    else if (part === "href") throw new TypeError(`Invalid URL: '${value.slice(0, 200)}'`);
    else if (value.length > MAX_PART) throw new RangeError("the URL is too long");
  }

  toString(): string {
    return this.#parts.href;
  }

  toJSON(): string {
    return this.#parts.href;
  }
}
