/**
 * The table of names as text: a line with its version, and one for each server and tool, with a tab between the fields. Reading a
 * line takes the same time whatever it holds, which JSON does not: a client of a service chooses what a table holds.
 */
import type { NameTable, ServerNames, ToolNames } from "../../core/names.ts";
import { ProtocolError } from "./fields.ts";
import { cutText, MAX_NAME } from "./message-caps.ts";

/** Servers and tools together. */
const MAX_LINES = 25_000;
const MAX_FIELDS = 8;

export function writeNames({ version, servers, fetch }: NameTable): string {
  const lines = [line(version, fetch === true ? "fetch" : "")];
  for (const { name, alias, className, folder = "", remote, tools } of servers) {
    lines.push(line("server", name, alias, className, folder, remote === true ? "remote" : ""));
    for (const tool of tools)
      lines.push(line("tool", tool.name, tool.alias, tool.flat, tool.file ?? ""));
  }
  return lines.join("\n");
}

function line(...fields: readonly string[]): string {
  return fields.map(escaped).join("\t");
}

/** Names longer than a program can call are cut. @throws ProtocolError */
export function readNames(text: string): NameTable {
  const [first = "", ...lines] = text.split("\n", MAX_LINES + 2);
  if (lines.length > MAX_LINES) throw malformed(`more than ${MAX_LINES} names`);
  const [version = "", fetch] = fieldsOf(first);
  if (!/^\w{0,100}$/.test(version)) throw malformed("a version of names");
  const servers: { -readonly [K in keyof ServerNames]: ServerNames[K] }[] = [];
  let tools: ToolNames[] = [];
  for (const each of lines) {
    const [kind, ...fields] = fieldsOf(each);
    if (kind === "server") servers.push({ ...serverOf(fields), tools: (tools = []) });
    else if (kind === "tool" && servers.length > 0) tools.push(toolOf(fields));
    else throw malformed("names of no kind");
  }
  return { version, servers, ...(fetch === "fetch" ? { fetch: true } : {}) };
}

function serverOf(fields: readonly string[]): Omit<ServerNames, "tools"> {
  const [name = "", alias = "", className = "", folder = "", remote] = fields.map(cut);
  return {
    name,
    alias,
    className,
    ...(folder === "" ? {} : { folder }),
    ...(remote === "remote" ? { remote: true } : {}),
  };
}

function toolOf(fields: readonly string[]): ToolNames {
  const [name = "", alias = "", flat = "", file = ""] = fields.map(cut);
  return { name, alias, flat, ...(file === "" ? {} : { file }) };
}

function cut(name: string): string {
  return cutText(name, MAX_NAME);
}

/** What is longer than a name may be, each of its characters an escape, is cut before it is worked on. */
const MAX_FIELD = 2 * MAX_NAME + 2;

function fieldsOf(text: string): string[] {
  const fields = text.split("\t", MAX_FIELDS);
  return text.includes("\\") ? fields.map(unescaped) : fields;
}

const SPECIAL: Readonly<Record<string, string>> = { "\\": "\\e", "\t": "\\t", "\n": "\\n" };

function escaped(text: string): string {
  return /[\\\t\n]/.test(text)
    ? text.replaceAll(/[\\\t\n]/g, (character) => SPECIAL[character]!)
    : text;
}

function unescaped(field: string): string {
  const text = field.slice(0, MAX_FIELD);
  return text.replaceAll("\\t", "\t").replaceAll("\\n", "\n").replaceAll("\\e", "\\");
}

function malformed(what: string): ProtocolError {
  return new ProtocolError(`it sent a malformed message: ${what}`);
}
