/** Finds the TypeScript that checks programs, and reads its version before any of it is loaded. */
import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { CodecellError, messageOf } from "../core/errors.ts";
import { oneLine } from "../core/one-line.ts";

/** The first version with an API beside its native compiler. */
const OLDEST_MAJOR = 7;
const ABSENT = "it is not installed";
const HINT = `npm install typescript@^${OLDEST_MAJOR}`;
const API = "typescript/unstable/async";
/** Characters of a version; what is longer is none. */
const MAX_VERSION = 64;

/** A compiler that is new enough. */
export interface FoundTypeScript {
  readonly version: string;
  /** Address of its API. */
  readonly api: string;
}

/**
 * The first one that is new enough: that of the program that runs here, or that beside codecell. The current folder is not asked: it
 * may be anybody's, and what is found is executed.
 * @throws CodecellError `config_error` naming what was found, and what is needed
 */
export function findTypeScript(places: readonly string[] = placesHere()): FoundTypeScript {
  const problems: string[] = [];
  for (const place of places) {
    const found = typeScriptOf(place);
    if (typeof found === "object") return found;
    problems.push(found);
  }
  const [problem = ABSENT] = problems.filter((each) => each !== ABSENT);
  throw noTypeScript(problem);
}

/** What is thrown where types cannot be checked. */
export function noTypeScript(problem: string, cause?: unknown): CodecellError {
  return new CodecellError(
    "config_error",
    `typeCheck needs the package typescript, version ${OLDEST_MAJOR}: ${problem}`,
    { hint: HINT, cause },
  );
}

/** The files from where packages are looked for. */
function placesHere(): string[] {
  const main = process.argv[1];
  return [...(main === undefined ? [] : [realFile(main)]), import.meta.url];
}

/** A program may be started by a link to it. */
function realFile(path: string): string {
  try {
    return pathToFileURL(realpathSync(path)).href;
  } catch {
    return pathToFileURL(path).href;
  }
}

/** The compiler that a file in this place would import, or what is wrong with it. Nothing of it is executed. */
function typeScriptOf(place: string): FoundTypeScript | string {
  const require = createRequire(place);
  try {
    const version = versionIn(readFileSync(require.resolve("typescript/package.json"), "utf8"));
    if (Number.parseInt(version, 10) < OLDEST_MAJOR)
      return `the one that is installed is ${version}`;
    return { version, api: pathToFileURL(apiOf(require, version)).href };
  } catch (error) {
    const isAbsent = (error as NodeJS.ErrnoException | null)?.code === "MODULE_NOT_FOUND";
    const reason = oneLine(messageOf(error).split("\n", 1)[0]!);
    return isAbsent ? ABSENT : `the one that is installed cannot be used: ${reason}`;
  }
}

function apiOf(require: NodeJS.Require, version: string): string {
  try {
    return require.resolve(API);
  } catch {
    throw new Error(`${version} has no ${API}`);
  }
}

function versionIn(manifest: string): string {
  const { version } = JSON.parse(manifest) as { readonly version?: unknown };
  if (typeof version !== "string" || !/^\d+\./.test(version) || version.length > MAX_VERSION)
    throw new Error("its package.json has no version");
  return version;
}
