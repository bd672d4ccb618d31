/** Which environment variables of this process a server inherits. docs/tools.md has the list. */
import { type NamedValue, urlValues } from "../secrets.ts";
import type { Environment } from "./expand-variables.ts";

/** `false`: what no program starts without. `true`: all. A list: the usual ones, and these names or `PREFIX_*`. */
export type InheritEnv = boolean | readonly string[];

/** What no program starts without. */
const LEAST = ["PATH"];
const LEAST_ON_WINDOWS = ["PATH", "PATHEXT", "COMSPEC", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR"];

/** Of the user and of the machine. */
const USER = [
  ...["HOME", "LOGNAME", "USER", "SHELL", "TERM"],
  ...["TMPDIR", "TMP", "TEMP", "TZ", "LANG", "LANGUAGE", "LC_*"],
];
const USER_ON_WINDOWS = [
  ...["APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "ALLUSERSPROFILE", "USERPROFILE", "USERNAME"],
  ...["USERDOMAIN", "HOMEDRIVE", "HOMEPATH", "PUBLIC", "TMP", "TEMP", "OS", "COMPUTERNAME"],
  ...["PROCESSOR_ARCHITECTURE", "NUMBER_OF_PROCESSORS", "TZ", "LANG", "LC_*"],
  ...["PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "COMMONPROGRAMFILES"],
];
/** How the network is reached. The address of a proxy may hold a password: without it nothing is reached. */
const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NODE_USE_ENV_PROXY"];
const CERTIFICATES = [
  ...["NODE_EXTRA_CA_CERTS", "NODE_USE_SYSTEM_CA", "SSL_CERT_FILE", "SSL_CERT_DIR"],
  ...["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAINFO"],
  ...["DENO_CERT", "DENO_TLS_CA_STORE", "UV_SYSTEM_CERTS", "UV_NATIVE_TLS", "NPM_CONFIG_CAFILE"],
];
/** Where `npx`, `uvx` and the like find their packages. */
const REGISTRIES = [
  ...["NPM_CONFIG_REGISTRY", "NPM_CONFIG_USERCONFIG", "NPM_CONFIG_PROXY", "NPM_CONFIG_HTTPS_PROXY"],
  ...["NPM_CONFIG_NOPROXY", "YARN_REGISTRY", "YARN_NPM_REGISTRY_SERVER", "BUN_CONFIG_REGISTRY"],
  ...["UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"],
  ...["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_CONFIG_FILE"],
];
/** codecell's own: a server that inherits all gets them only where it names them. */
const OWN = ["CODECELL_TOKEN", "CODECELL_INPUT_*"];

/**
 * The variables of `env` that a server inherits.
 * @param platform where other variables are needed, and names are the same in any casing
 */
export function inheritedVariables(
  env: Environment,
  inherit: InheritEnv = [],
  platform: string = process.platform,
): Record<string, string> {
  const isInherited = selector(inherit, platform === "win32");
  const entries = Object.entries(env).filter((entry): entry is [string, string] => {
    const [name, value] = entry;
    // Functions of a shell, which some run whatever they hold.
    return value !== undefined && !value.startsWith("()") && isInherited(name);
  });
  return Object.fromEntries(entries);
}

/** All of a server's environment: what its entry gives wins over what it inherits. */
export function serverEnvironment(
  given: Readonly<Record<string, string>>,
  inherit?: InheritEnv,
  platform: string = process.platform,
): Record<string, string> {
  const inherited = Object.entries(inheritedVariables(process.env, inherit, platform));
  // Windows would take either of `Path` and `PATH`.
  const names = new Set(Object.keys(given).map((name) => name.toUpperCase()));
  const kept = inherited.filter(([name]) => platform !== "win32" || !names.has(name.toUpperCase()));
  return { ...Object.fromEntries(kept), ...given };
}

function selector(inherit: InheritEnv, isWindows: boolean): (name: string) => boolean {
  const least = isWindows ? LEAST_ON_WINDOWS : LEAST;
  if (inherit === true) return (name) => !fitsAny(name, OWN, true);
  if (inherit === false) return (name) => fitsAny(name, least, isWindows);
  const usual = [...least, ...(isWindows ? USER_ON_WINDOWS : USER)];
  // Programs read these in either casing, npm in any.
  const anyCase = [...PROXIES, ...CERTIFICATES, ...REGISTRIES];
  return (name) =>
    fitsAny(name, usual, isWindows) ||
    fitsAny(name, anyCase, true) ||
    // A scope's own registry: npm_config_@scope:registry
    /^npm_config_@[^/]+:registry$/i.test(name) ||
    (fitsAny(name, inherit, isWindows) && (inherit.includes(name) || !fitsAny(name, OWN, true)));
}

function fitsAny(name: string, patterns: readonly string[], anyCase: boolean): boolean {
  const own = anyCase ? name.toUpperCase() : name;
  return patterns.some((pattern) => {
    const wanted = anyCase ? pattern.toUpperCase() : pattern;
    return wanted.endsWith("*") ? own.startsWith(wanted.slice(0, -1)) : own === wanted;
  });
}

/** Addresses of proxies and registries that a server inherits, with the passwords in them: no message may show these. */
export function inheritedAddresses(env: Environment, inherit?: InheritEnv): NamedValue[] {
  const inherited = Object.entries(inheritedVariables(env, inherit));
  return inherited.flatMap(([name, value]) => {
    const words = value.split(/[\s,]+/).filter((word) => /:\/\/[^/]*@/.test(word));
    return words.flatMap((word): NamedValue[] => {
      if (!URL.canParse(word)) return [];
      const { username, password } = new URL(word);
      const credentials = urlValues(new URL(word)).filter(({ value: part }) => part !== "");
      return username + password === "" ? [] : [{ name, value: word }, ...credentials];
    });
  });
}
