/**
 * Takes secrets out of what comes from outside, also where they are encoded: by percents, as JSON or HTML writes them, in
 * base64, in hexadecimal or as numbers, in UTF-16, in another case, with blanks and line breaks between.
 *
 * Whole secrets only. If a piece of one were taken out too, a program could send guesses to a server that echoes them, see
 * which are taken out, and so find a secret character by character.
 */

/** Where something stands in a text: from, and up to. */
export type Range = readonly [start: number, end: number];

/** Finds secrets. */
export interface SecretFinder {
  /** Their places in a text, or in bytes that are read as Latin-1. In order, apart from each other. */
  find(text: string): Range[];
  /** No encoded secret takes more characters; a text may be searched in pieces that overlap by this much. */
  readonly longest: number;
  /** How many forms of secrets are looked for: a search costs this much for each character. */
  readonly forms: number;
}

/** How something is written, and the character that it stands for, if any. */
interface Spelling {
  readonly pattern: RegExp;
  readonly decode: (...match: (string | undefined)[]) => string;
}

const PLACEHOLDER = "[redacted]";
/** The longest that one byte is written: `%26%23x0000074%3B`, two bytes a character in UTF-16. */
const MAX_ESCAPE = 40;
/** Shorter forms of a secret would be found in texts that do not have it. */
const MIN_FORM = 6;

/** What may stand between two characters: zeros of UTF-16, folds of base64, blanks of a dump and of indented JSON. */
const FILLER = /[\0\s]+/g;
/** One character in another spelling. Backslashes are left out, however many there are. */
const ESCAPE =
  /%(?:u([\da-f]{4})|([\da-f]{2}))|\\{1,8}(?:u([\da-f]{4})|u\{([\da-f]{1,4})\}|x([\da-f]{2}))?|&(?:#x0{0,3}([\da-f]{1,4});?|#0{0,3}(\d{1,5});?|(amp|lt|gt|quot|apos);)/gi;
const unfilled: Spelling = { pattern: FILLER, decode: () => "" };
const unescaped: Spelling = { pattern: ESCAPE, decode: unescapeMatch };
/** What is undone, one after the other. An escape can be escaped again: JSON in JSON, a form in a URL; so can a blank. */
const LEVELS: readonly Spelling[] = [unfilled, unescaped, unescaped, unfilled];
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** A function that takes `secrets` out of a text. What a secret is, `secrets.ts` says. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  if (secrets.length === 0) return (text) => text;
  const { find } = secretFinder(secrets);
  return (text) => cut(text, find(text));
}

export function secretFinder(secrets: readonly string[]): SecretFinder {
  const forms = [...new Set(secrets.flatMap(formsOf))].filter(({ length }) => length >= MIN_FORM);
  const find = (text: string, level: number): Range[] => {
    const found = placesOf(forms, lowerCase(text));
    for (const [index, spelling] of LEVELS.entries()) {
      const plain = index < level ? text : text.replace(spelling.pattern, spelling.decode);
      if (plain === text) continue;
      const inside = find(plain, index + 1);
      if (inside.length === 0) break;
      const chars = charsOf(text, spelling);
      const outside = inside.map(([start, end]): Range => [chars[start]![0], chars[end - 1]![1]]);
      return [...found, ...outside];
    }
    return found;
  };
  const lengths = secrets.map((secret) => latin1Of(secret).length * MAX_ESCAPE);
  return {
    longest: Math.max(0, ...forms.map(({ length }) => 2 * length), ...lengths),
    forms: forms.length,
    find: (text) => merged(find(text, 0)),
  };
}

/** `text` without what stands in `ranges`. */
export function cut(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  let left = "";
  let at = 0;
  for (const [start, end] of ranges) {
    left += text.slice(at, start) + PLACEHOLDER;
    at = end;
  }
  return left + text.slice(at);
}

/** How a secret can be written as a whole, in lower case: in UTF-8 read as Latin-1, base64 of a text around it, and so on. */
function formsOf(secret: string): string[] {
  const latin1 = latin1Of(secret);
  const bytes = Array.from(latin1, (char) => char.charCodeAt(0));
  const base64 = [0, 1, 2].map((offset) => base64Within(latin1, offset));
  return [
    // Unescaped too: backslashes are taken out of a text, be they the secret's own.
    ...[secret, latin1].flatMap((text) => [text, unescape(text), unescape(unescape(text))]),
    ...base64,
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
    bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    bytes.join(","),
  ].flatMap((form) => [lowerCase(form), lowerCase(form).replace(FILLER, "")]);
}

/** The bytes of the text, a character each. */
function latin1Of(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

/** The part of the base64 of a text that the secret alone decides, where it begins at byte `offset` of a group of three. */
function base64Within(latin1: string, offset: number): string {
  const bits = 8 * (offset + latin1.length);
  const text = btoa("\0".repeat(offset) + latin1);
  return text.slice(Math.ceil((8 * offset) / 6), Math.floor(bits / 6));
}

function placesOf(forms: readonly string[], text: string): Range[] {
  const places: Range[] = [];
  for (const form of forms)
    for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length))
      places.push([at, at + form.length]);
  return places;
}

function merged(ranges: Range[]): Range[] {
  const apart: [number, number][] = [];
  for (const [start, end] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = apart.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else apart.push([start, end]);
  }
  return apart;
}

/** Where each character of the unescaped text stands in `text`; what stands for no character is in none of them. */
function charsOf(text: string, { pattern, decode }: Spelling): Range[] {
  const chars: Range[] = [];
  let at = 0;
  const upTo = (end: number): void => {
    while (at < end) chars.push([at, ++at]);
  };
  for (const match of text.matchAll(pattern)) {
    upTo(match.index);
    at += match[0].length;
    if (decode(...match) !== "") chars.push([match.index, at]);
  }
  upTo(text.length);
  return chars;
}

function unescape(text: string): string {
  return text.replace(ESCAPE, unescapeMatch);
}

/** One character or none. */
function unescapeMatch(
  _match?: string,
  wide?: string,
  percent?: string,
  unicode?: string,
  braced?: string,
  byte?: string,
  hex?: string,
  decimal?: string,
  entity?: string,
): string {
  const sixteen = wide ?? percent ?? unicode ?? braced ?? byte ?? hex;
  if (sixteen !== undefined) return String.fromCharCode(Number.parseInt(sixteen, 16));
  if (decimal !== undefined) return String.fromCharCode(Number(decimal));
  return entity === undefined ? "" : ENTITIES[entity.toLowerCase()]!;
}

/** Of the same length always, so that places stay places. */
function lowerCase(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length
    ? lower
    : text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
