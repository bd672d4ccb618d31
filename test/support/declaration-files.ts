/**
 * Reads the declaration files that the build writes: what they export, and which declarations and members have a
 * docstring. TypeScript prints them in one layout, so no parser is needed.
 */
import { readFileSync } from "node:fs";

/** A declaration of a file, exported or not. */
export interface FileDeclaration {
  readonly name: string;
  /** URL of the file. */
  readonly file: string;
  readonly isType: boolean;
  readonly isDocumented: boolean;
  /** Members by name, those of object types written in place as `outer.inner`. */
  readonly members: readonly { readonly name: string; readonly isDocumented: boolean }[];
  /** Its text without comments and strings. */
  readonly code: string;
}

interface Origin {
  readonly file: string;
  readonly name: string;
}

interface DeclarationFile {
  readonly declarations: ReadonlyMap<string, FileDeclaration>;
  /** Names that come from other files of the package. */
  readonly imports: ReadonlyMap<string, Origin>;
  /** Public names, and where they are declared or exported. */
  readonly exports: ReadonlyMap<string, Origin>;
}

const DECLARATION =
  /^(export )?(?:declare )?(?:abstract )?(?:interface|type|class|function|const|enum) (\w+)/;
const LIST = /^(import|export) (?:type )?\{(.*)\}(?: from "(.*)")?;/;

const files = new Map<string, DeclarationFile>();

/** The declarations behind everything that `entry` exports, by public name. */
export function exportsOf(entry: string): Map<string, FileDeclaration> {
  return new Map(
    [...read(entry).exports.keys()].map((name) => [name, resolve({ file: entry, name })]),
  );
}

/** The types of this package that `declaration` mentions. */
export function mentionsOf({ file, name, code }: FileDeclaration): FileDeclaration[] {
  const { imports, declarations } = read(file);
  const words = new Set(code.match(/\b[A-Z]\w*/g));
  words.delete(name);
  return [...words]
    .filter((word) => imports.has(word) || declarations.has(word))
    .map((word) => resolve(imports.get(word) ?? { file, name: word }))
    .filter(({ isType }) => isType);
}

/** Follows re-exports and imports to the declaration itself. */
function resolve({ file, name }: Origin): FileDeclaration {
  const { exports, imports, declarations } = read(file);
  const own = declarations.get(name);
  if (own !== undefined) return own;
  const origin = exports.get(name) ?? imports.get(name);
  if (origin === undefined) throw new Error(`${file} does not declare ${name}`);
  return resolve(origin.file === file ? (imports.get(origin.name) ?? origin) : origin);
}

function read(file: string): DeclarationFile {
  const known = files.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(file), "utf8");
  const declarations = new Map<string, FileDeclaration>();
  const imports = new Map<string, Origin>();
  const exports = new Map<string, Origin>();
  for (const [at, statement] of statements(text)) {
    const declared = DECLARATION.exec(statement);
    if (declared !== null) {
      const [, isExported, name = ""] = declared;
      // The first overload has the docstring of all.
      if (!declarations.has(name))
        declarations.set(name, parseDeclaration(file, name, statement, text.slice(0, at)));
      if (isExported !== undefined) exports.set(name, { file, name });
    }
    const [, keyword, list, from] = LIST.exec(statement) ?? [];
    if (list === undefined || (keyword === "import" && from?.startsWith(".") !== true)) continue;
    const source =
      from === undefined ? file : new URL(from.replace(/(\.d)?\.[jt]s$/, ".d.ts"), file).href;
    for (const [name, alias] of names(list))
      (keyword === "import" ? imports : exports).set(alias, { file: source, name });
  }
  const result = { declarations, imports, exports };
  files.set(file, result);
  return result;
}

/** Statements begin without indentation; comments are left to what follows them. */
function statements(text: string): [at: number, statement: string][] {
  const starts = [...text.matchAll(/^(?:export|import|declare|interface|type|class|abstract)\b/gm)];
  return starts.map(({ index }, at) => [index, text.slice(index, starts[at + 1]?.index)]);
}

/** `A, type B as C` */
function names(list: string): [name: string, alias: string][] {
  return list
    .split(",")
    .map((item) => item.trim().replace(/^type /, ""))
    .filter((item) => item !== "")
    .map((item) => item.split(" as "))
    .map(([name = "", alias = name]) => [name, alias]);
}

function parseDeclaration(
  file: string,
  name: string,
  statement: string,
  before: string,
): FileDeclaration {
  const tokens = tokenise(statement);
  const code = tokens.filter((token) => !/^(\/[/*]|["'`])/.test(token)).join("");
  return {
    name,
    file,
    isType: /\b(?:interface|type|class)\b/.test(statement.split(name, 1)[0]!),
    isDocumented: /\*\/\s*$/.test(before),
    members: membersOf(tokens),
    code,
  };
}

/** Comments, strings, words and single characters. */
function tokenise(text: string): string[] {
  return text.match(/\/\*[^]*?\*\/|\/\/[^\n]*|"[^"\n]*"|`[^`]*`|[\w$#]+|\s+|[^]/g) ?? [];
}

const MEMBER =
  /^(?:(?:readonly|static|protected|abstract|get|set) )*("[^"]+"|\[\w+\.\w+\]|[\w$]+)\??(?=[(:<;?])/;

/** Members of the bodies and object types of a declaration; parameters are documented by the function that takes them. */
function membersOf(tokens: readonly string[]): { name: string; isDocumented: boolean }[] {
  const members = new Map<string, boolean>();
  const open: { bracket: string; name: string }[] = [];
  let isDocumented = false;
  let isStart = false;
  let current = "";
  for (const [at, token] of tokens.entries()) {
    if (token.startsWith("/*")) isDocumented = true;
    if (token.trim() === "" || /^\/[/*]/.test(token)) continue;
    if (isStart && token !== "}") {
      const name = memberName(tokens.slice(at, at + 16).join(""));
      current = name ?? "";
      const path = [...open.map((outer) => outer.name), current].filter(Boolean).join(".");
      const isBody = open.every(({ bracket }) => bracket === "{");
      if (name !== undefined && isBody)
        members.set(path, members.get(path) === true || isDocumented);
    }
    isStart = false;
    isDocumented = false;
    if ("{([".includes(token)) open.push({ bracket: token, name: current });
    if ("})]".includes(token)) current = open.pop()?.name ?? "";
    isStart = (token === "{" || token === ";") && open.at(-1)?.bracket === "{";
  }
  return [...members].map(([name, documented]) => ({ name, isDocumented: documented }));
}

/** Nothing for private members, mapped types and index signatures; a constructor is documented by its class. */
function memberName(text: string): string | undefined {
  const name = MEMBER.exec(text)?.[1];
  return name === "constructor" || name === "private" ? undefined : name;
}
