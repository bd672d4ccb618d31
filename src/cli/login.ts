import { CodecellError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { ToolError } from "../core/tool-error.ts";
import type { ServerConfig } from "../tools/config/server-entry.ts";
import { LoopbackAuthorizer } from "../tools/mcp/auth/loopback.ts";
import { configuredSource } from "../tools/mcp/open.ts";
import { readArguments, runtimeOptions } from "./arguments.ts";
import { fail, note, printable, printJson } from "./output.ts";
import { CONFIG_FLAGS } from "./trust/command-config.ts";

const FLAGS = { ...CONFIG_FLAGS, json: { type: "boolean" } } as const;

/** `codecell login SERVER`: a person logs in once, programs use it from then on. */
export async function login(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, FLAGS, 1);
  const { config: file } = await runtimeOptions(values);
  const [name] = positionals;
  const failure = name === undefined ? undefined : file?.failures?.[name];
  if (failure !== undefined) throw new CodecellError("config_error", failure);
  const config = remoteServer(file?.servers ?? {}, name);
  await using authorizer = await LoopbackAuthorizer.listen(
    showAddress,
    config.oauth.callbackPort,
    (issuer) => note(`${name!} names ${issuer} as its authorization server`),
  );
  await using source = configuredSource(name!, config, { authorizer });
  try {
    const tools = await source.list();
    if (values["json"] === true) printJson({ ok: true, server: name, tools: tools.length });
    else note(`logged in to ${name}: ${tools.length} tools`);
    return 0;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    fail({ message: error.message, code: error.code });
    if (values["json"] === true)
      printJson({ ok: false, error: { code: error.code, message: error.message } });
    return 1;
  }
}

type RemoteConfig = Exclude<ServerConfig, { type: "stdio" }>;

function remoteServer(
  servers: Readonly<Record<string, ServerConfig>>,
  name: string | undefined,
): RemoteConfig {
  const remote = Object.keys(servers).filter((key) => servers[key]!.type !== "stdio");
  const list =
    remote.length === 0 ? "the config has no server with a url" : `there are: ${remote.join(", ")}`;
  if (name === undefined)
    throw new CodecellError("config_error", `which server? ${list}`, {
      hint: "codecell login SERVER",
    });
  const config = Object.hasOwn(servers, name) ? servers[name] : undefined;
  if (config === undefined) {
    const closest = nearest(name, remote, 1)[0];
    const advice = closest === undefined ? list : `did you mean ${closest}?`;
    throw new CodecellError("config_error", `the config has no server '${name}'; ${advice}`);
  }
  if (config.type === "stdio")
    throw new CodecellError(
      "config_error",
      `${config.path} is a program that is started here; there is nothing to log in to`,
    );
  return config;
}

function showAddress(url: URL): void {
  process.stderr.write(`Open this address and log in:\n\n  ${printable(url.href)}\n\n`);
}
