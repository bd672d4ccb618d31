/** Local tools that were written in another form than ours: what each message says is what to write. */
import type { CodecellError } from "../core/errors.ts";
import { isObject } from "../core/is-object.ts";
import { below, configError, kindOf, unknownKey } from "../core/setting-errors.ts";
import { checkSchema } from "./check-schema.ts";
import { standardOf } from "./to-json-schema.ts";

/** Names of other libraries for what `tool()` takes. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  schema: "input",
  parameters: "input",
  inputSchema: "input",
  input_schema: "input",
  argsSchema: "input",
  args: "input",
  execute: "run",
  handler: "run",
  func: "run",
  fn: "run",
  function: "run",
  callback: "run",
  call: "run",
  outputSchema: "output",
  output_schema: "output",
  returns: "output",
};

const FROM_OTHERS =
  "Tools of the AI SDK, LangChain and Mastra are taken as they are: fromAiSdk of codecell/ai-sdk, fromLangChain of codecell/langchain, fromMastra of codecell/mastra.";

const KEYS = ["title", "description", "input", "output", "annotations", "run"];

const OPTIONS = {
  title: "ToolOptions",
  type: "object",
  noun: "option",
  properties: Object.fromEntries(KEYS.map((key) => [key, {}])),
} as const;

/** @throws CodecellError `config_error` */
export function checkToolOptions(options: unknown): void {
  if (typeof options === "function")
    throw configError("tool() takes an object: tool({ description, input, run: … })");
  if (!isObject(options))
    throw configError(`tool() takes an object { description, input, run }, not ${kindOf(options)}`);
  for (const key of Object.keys(options)) if (!KEYS.includes(key)) throw unknownOption(key);
  const { run, input, output } = options;
  if (typeof run !== "function")
    throw configError(`tool(): run is ${kindOf(run)}; it must be a function (args, context) => …`);
  if (input !== undefined) checkSchema(input, "tool(): input");
  if (output !== undefined) checkSchema(output, "tool(): output");
}

function unknownOption(key: string): CodecellError {
  const at = "tool(): ";
  const ours = Object.hasOwn(OTHER_NAMES, key) ? OTHER_NAMES[key] : undefined;
  if (ours !== undefined)
    return configError(`${below(at, key)} is not an option; here it is called ${ours}`);
  if (key === "name")
    return configError(
      `${below(at, key)} is not an option; a tool has the name of its key: tools: { crm: { find: tool({ … }) } }`,
    );
  return unknownKey(OPTIONS, key, at);
}

/** @throws CodecellError `config_error` for one tool in the place of a namespace, and for what is no object */
export function checkNamespace(name: string, tools: unknown): void {
  const at = below("tools", name);
  const key = /^[\w$]+$/.test(name) ? name : "find";
  const wanted = `tools are in namespaces: write tools: { local: { ${key}: … } }`;
  if (typeof tools === "function") throw configError(`${at} is a function; ${wanted}`);
  if (Array.isArray(tools) && tools.some(isForeign))
    throw configError(`${at} is a list of tools of another library`, FROM_OTHERS);
  if (!isObject(tools)) throw configError(`${at} is ${kindOf(tools)}; ${wanted}`);
  const isTool = typeof tools["run"] === "function" && isObject(tools["info"]);
  if (isTool) throw configError(`${at} is a tool; ${wanted}`);
  if (isForeign(tools)) throw noTool(at, tools);
}

/** For what is neither a function nor made by `tool()`. */
export function noTool(path: string, value: unknown): CodecellError {
  const wanted = "write a function or tool({ description, input, run })";
  if (!isForeign(value)) return configError(`${path} is no tool; ${wanted}`);
  return configError(
    `${path} is a tool of another library; ${wanted}`,
    `What it calls inputSchema, parameters or schema is input here; execute, handler, func or invoke is run. ${FROM_OTHERS}`,
  );
}

/** The AI SDK, MCP servers, LangChain: an object with a function of another name. */
function isForeign(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { execute, handler, func, invoke, inputSchema, parameters, schema } = value;
  const hasWork = [execute, handler, func, invoke].some((work) => typeof work === "function");
  const isSchema = (part: unknown): boolean =>
    standardOf(part) !== undefined || (isObject(part) && !("info" in part));
  return hasWork && [inputSchema, parameters, schema].some(isSchema);
}
