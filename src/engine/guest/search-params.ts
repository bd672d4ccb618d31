/** URLSearchParams of the URL standard. */
import { inspectAs } from "./inspect.ts";
import { TextDecoder, TextEncoder } from "./encoding.ts";

/** Calls `onChange` with the new query whenever `params` change. For the URL that they belong to. */
export let connect: (params: URLSearchParams, onChange: (query: string) => void) => void;
/** Replaces the query of `params` without calling `onChange`. */
export let replaceQuery: (params: URLSearchParams, query: string) => void;
/** Whether `value` was made here: by its private fields, not by its prototype. */
export let isSearchParams: (value: unknown) => value is URLSearchParams;

type Pair = [name: string, value: string];
type Init = string | Iterable<readonly [unknown, unknown]> | Readonly<Record<string, unknown>>;

export class URLSearchParams {
  #pairs: Pair[] = [];
  #onChange: (query: string) => void = () => {};

  constructor(init: Init = "") {
    if (typeof init === "object" && init !== null) this.#pairs = pairsOf(init);
    else this.#pairs = parseQuery(`${init}`);
  }

  static {
    isSearchParams = (value): value is URLSearchParams =>
      typeof value === "object" && value !== null && #pairs in value;
    connect = (params, onChange) => {
      params.#onChange = onChange;
    };
    replaceQuery = (params, query) => {
      params.#pairs = parseQuery(query);
    };
  }

  get size(): number {
    return this.#pairs.length;
  }

  get [Symbol.toStringTag](): string {
    return "URLSearchParams";
  }

  [inspectAs](): unknown {
    return new Map(this.#pairs);
  }

  append(name: unknown, value: unknown): void {
    this.#pairs.push([`${name as string}`, `${value as string}`]);
    this.#changed();
  }

  delete(name: unknown, value?: unknown): void {
    this.#pairs = this.#pairs.filter(
      (pair) =>
        pair[0] !== `${name as string}` ||
        (value !== undefined && pair[1] !== `${value as string}`),
    );
    this.#changed();
  }

  get(name: unknown): string | null {
    return this.#pairs.find((pair) => pair[0] === `${name as string}`)?.[1] ?? null;
  }

  getAll(name: unknown): string[] {
    return this.#pairs.filter((pair) => pair[0] === `${name as string}`).map((pair) => pair[1]);
  }

  has(name: unknown, value?: unknown): boolean {
    return this.#pairs.some(
      (pair) =>
        pair[0] === `${name as string}` &&
        (value === undefined || pair[1] === `${value as string}`),
    );
  }

  set(name: unknown, value: unknown): void {
    const first = this.#pairs.find((pair) => pair[0] === `${name as string}`);
    if (first === undefined) return this.append(name, value);
    first[1] = `${value as string}`;
    this.#pairs = this.#pairs.filter((pair) => pair === first || pair[0] !== first[0]);
    this.#changed();
  }

  sort(): void {
    this.#pairs = this.#pairs.toSorted((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    this.#changed();
  }

  forEach(
    callback: (value: string, name: string, params: URLSearchParams) => void,
    self?: unknown,
  ): void {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }

  *entries(): Generator<Pair> {
    for (let at = 0; at < this.#pairs.length; at++) yield [...this.#pairs[at]!];
  }

  *keys(): Generator<string> {
    for (const [name] of this) yield name;
  }

  *values(): Generator<string> {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator](): Generator<Pair> {
    return this.entries();
  }

  toString(): string {
    return this.#pairs.map(([name, value]) => `${escape(name)}=${escape(value)}`).join("&");
  }

  #changed(): void {
    this.#onChange(this.toString());
  }
}

function pairsOf(init: Exclude<Init, string>): Pair[] {
  if (!(Symbol.iterator in init))
    return Object.entries(init).map(([name, value]) => [name, `${value as string}`]);
  return Array.from(init as Iterable<readonly [unknown, unknown]>, (pair) => {
    const entry = [...pair];
    if (entry.length !== 2) throw new TypeError("each query pair must be a name and a value");
    return [`${entry[0] as string}`, `${entry[1] as string}`];
  });
}

function parseQuery(text: string): Pair[] {
  const query = text.startsWith("?") ? text.slice(1) : text;
  return query
    .split("&")
    .filter(Boolean)
    .map((part) => {
      const at = part.indexOf("=");
      return at < 0
        ? [unescape(part), ""]
        : [unescape(part.slice(0, at)), unescape(part.slice(at + 1))];
    });
}

/** application/x-www-form-urlencoded, section 5.2 of the URL standard. */
function escape(text: string): string {
  if (/^[\w*.-]*$/.test(text)) return text;
  let result = "";
  for (const byte of new TextEncoder().encode(text)) {
    const character = String.fromCharCode(byte);
    if (byte === 0x20) result += "+";
    else
      result +=
        byte < 0x80 && /[\w*.-]/.test(character)
          ? character
          : `%${(byte + 256).toString(16).slice(1).toUpperCase()}`;
  }
  return result;
}

function unescape(text: string): string {
  const spaced = text.replaceAll("+", " ");
  if (!spaced.includes("%")) return spaced;
  const bytes = new TextEncoder().encode(spaced);
  const decoded = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const hex =
      bytes[at] === 0x25 ? String.fromCharCode(bytes[at + 1] ?? 0, bytes[at + 2] ?? 0) : "";
    if (/^[\da-f]{2}$/i.test(hex)) {
      decoded[length++] = Number.parseInt(hex, 16);
      at += 2;
    } else decoded[length++] = bytes[at]!;
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(decoded.subarray(0, length));
}
