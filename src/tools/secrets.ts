/**
 * Which values of a configuration are secrets. A secret is kept out of all that a program or a model sees, so that a word
 * which is none must not count as one: `LOG_LEVEL=error` would take every "error" out.
 *
 * - Never: what is shorter than 6 characters, numbers of at most 9 digits, and media types. Nor one plain word of at most 12
 *   letters, but where its name ends with what it is: `DB_PASSWORD=swordfish`, and not `AUTH_MODE=password`.
 * - Where a name says so (its own, or that of the variable it comes from: token, key, secret, password, authorization …),
 *   every other value. Headers that are added to requests say so, whatever their names, but for `Accept` and its kind.
 * - Where it comes from a variable, or a name tells of a secret (`AUTH_MODE`, `KEY_FILE`), every other value that is neither an
 *   address, a path nor one or two words.
 * - All else, where it looks random: 16 characters or more, letters and digits in turn.
 *
 * Parts count like the whole: `Bearer abc…` holds `abc…`, a URL its password, `Basic …` what it encodes.
 */

/** A value and where it is from. */
export interface NamedValue {
  /** Of the key, header, parameter or variable. */
  readonly name: string;
  readonly value: string;
  /** What is known besides the name: it comes from a variable, or is where only secrets are. */
  readonly from?: "variable" | "credentials";
}

const MIN_LENGTH = 6;
const MAX_WORD = 12;
const PLAIN = new RegExp(
  String.raw`^(?:\p{L}\p{Ll}{0,${MAX_WORD - 1}}|\p{Lu}{1,${MAX_WORD}})$`,
  "u",
);
const NUMBER = /^[-+]?[\d_.,]{1,9}$/;
/** Answers have one in their headers. */
const MEDIA_TYPE = /^(?:application|audio|font|image|multipart|text|video)\/[a-z\d.+-]+$/i;
/** Last words of names of what belongs to a secret and is none: how it is used, where it is. */
const ABOUT_A_SECRET =
  /^(?:algorithm|alg|audience|dir|domain|endpoint|file|format|header|host|issuer|kind|level|limit|method|mode|name|path|port|provider|scheme|sock|socket|store|through|timeout|ttl|type|ur[il])s?$/;
/** Words of a name, without those that are written as one: `apikey`, `authtoken`. */
const SECRET_WORD =
  /^(?:.*(?:token|secret|password|passwd|passphrase|credential|apikey|cookie)s?|keys?|pass|pwd|pw|auth|authorization|authentication|session|bearer|jwt|signature|sig|pat|private)$/;
/** Headers that say what a message is, and to whom it is not. */
const PUBLIC_HEADER =
  /^(?:accept(?:-.*)?|content-.*|user-agent|cache-control|pragma|prefer|origin|referer|.*version|(?:.*-)?host)$/;

/** The secrets in `values`, and their parts, each once. */
export function secretsOf(values: readonly NamedValue[]): string[] {
  const found = values.flatMap(({ name, value, from }) => {
    const words = wordsOf(name);
    const isNamed = words.some((word) => SECRET_WORD.test(word));
    const last = words.at(-1) ?? "";
    const isMarked = from === "credentials" || (isNamed && !ABOUT_A_SECRET.test(last));
    const isSecret = (text: string): boolean => {
      if (isTrivial(text) || (PLAIN.test(text) && !SECRET_WORD.test(last))) return false;
      const isLikely = isNamed || from === "variable";
      return isMarked || (isLikely && !isDescriptive(text)) || looksRandom(text);
    };
    return [...partsOf(value).filter(isSecret), ...passwordsIn(value)];
  });
  return [...new Set(found)];
}

/** Values of headers: what a host adds is there to be kept, but for headers that describe the message. */
export function headerValues(headers: Readonly<Record<string, string>>): NamedValue[] {
  return Object.entries(headers).map(([name, value]) =>
    PUBLIC_HEADER.test(name.toLowerCase()) ? { name, value } : { name, value, from: "credentials" },
  );
}

/** `--token abc` and `--token=abc`, as `{ name: "token", value: "abc" }`. */
export function argumentValues(args: readonly string[]): NamedValue[] {
  return args.map((arg, index) => {
    const [, name = "", value] = /^(-{1,2}[^=]+|[A-Za-z_]\w*)=(.*)$/s.exec(arg) ?? [];
    if (value !== undefined) return { name, value };
    const before = index === 0 ? "" : args[index - 1]!;
    return { name: /^-[^=]*$/.test(before) && !arg.startsWith("-") ? before : "", value: arg };
  });
}

/** The parts of an address that can be secret. */
export function urlValues(url: URL): NamedValue[] {
  const { username, password, pathname, searchParams } = url;
  return [
    { name: "password", value: decoded(password) },
    { name: "", value: decoded(username) },
    ...[...searchParams].map(([name, value]) => ({ name, value })),
    ...pathname.split("/").map((segment) => ({ name: "", value: decoded(segment) })),
  ];
}

/** Of a name, in lower case. */
function wordsOf(name: string): string[] {
  const words = name.replace(/([a-z\d])([A-Z])/g, "$1 $2").split(/[^A-Za-z]+/);
  return words.filter((word) => word !== "").map((word) => word.toLowerCase());
}

function isTrivial(text: string): boolean {
  return text.length < MIN_LENGTH || NUMBER.test(text) || MEDIA_TYPE.test(text);
}

/** Tells where something is or what it is called: an address, a path, a version, one or two words. */
function isDescriptive(text: string): boolean {
  const pieces = text.split(/[^\p{L}\d]+/u).filter((piece) => piece !== "");
  const isReadable = (piece: string): boolean =>
    /^(?:\p{L}?\p{Ll}*|\p{Lu}+)\d{0,4}$/u.test(piece) || /^\d{1,8}\p{L}{0,3}$/u.test(piece);
  if (!pieces.every(isReadable)) return false;
  const isPlace = /^(?:[a-z][a-z\d+.-]*:\/\/[^@]*|~?\.{0,2}[/\\].*|[\w-]+(?:\.[\w-]+)+(?::\d+)?)$/i;
  return isPlace.test(text) || pieces.filter((piece) => /^\p{L}{3,}/u.test(piece)).length <= 2;
}

/** Tokens change between letters and digits, or between cases, all the time; names, dates and versions do not. */
function looksRandom(text: string): boolean {
  const dense = text.replace(/[-_]/g, "");
  if (!/^[\w+/=.~-]{16,}$/.test(text) || dense.replace(/\D/g, "").length < 2) return false;
  return (dense.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])|[a-z](?=[A-Z])/g) ?? []).length >= 4;
}

/** The whole, its words, what stands between separators, and what stands behind `=` there. */
function partsOf(value: string): string[] {
  const pieces = value.split(/[\s,;"']+/);
  const behind = pieces.map((piece) => piece.slice(piece.indexOf("=") + 1));
  return [value.trim(), ...value.split(/\s+/), ...pieces, ...behind];
}

/** Of a URL, and of `Basic` (RFC 7617): secrets whatever the value is called. */
function passwordsIn(value: string): string[] {
  const url = URL.canParse(value) ? new URL(value).password : "";
  const basic = /^basic\s+([\w+/=-]+)$/i.exec(value.trim())?.[1];
  const pair = basic === undefined ? "" : fromBase64(basic);
  const behind = pair.includes(":") ? [pair, pair.slice(pair.indexOf(":") + 1)] : [];
  return [url, decoded(url), ...behind].filter((text) => !isTrivial(text));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function fromBase64(text: string): string {
  try {
    const latin1 = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return new TextDecoder().decode(Uint8Array.from(latin1, (char) => char.charCodeAt(0)));
  } catch {
    return "";
  }
}
