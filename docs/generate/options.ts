import { type Member, readDeclaration } from "./declaration.ts";
import { code, describe, linkTo } from "./markdown.ts";
import { OPTIONS, type OptionsSource } from "./sources.ts";

const INTRODUCTION = `# Options

Every option and setting of the library, from the interfaces that declare them. Options that a config file can hold have the
same names there. An unknown key, a wrong type or a value out of its range is a \`config_error\` that names the path.`;

/** docs/reference/options.md: a section for each interface, an item for each of its members. */
export async function optionsPage(): Promise<string> {
  const sections = await Promise.all(OPTIONS.map(section));
  const contents = OPTIONS.map((source) => `- ${linkTo(source.interface)}: ${source.takenBy}`);
  return [INTRODUCTION, contents.join("\n"), ...sections].join("\n\n");
}

async function section(source: OptionsSource): Promise<string> {
  const { file, takenBy, alsoTakes = [] } = source;
  const { text, members } = await readDeclaration(file, source.interface);
  const more = alsoTakes.length === 0 ? "" : ` It also takes ${alsoTakes.map(linkTo).join(", ")}.`;
  return [
    `## ${source.interface}`,
    `${text === "" ? "" : `${text} `}For ${takenBy}.${more}`,
    members.map((member) => item(member, "")).join("\n"),
  ].join("\n\n");
}

function item(member: Member, indent: string): string {
  const { name, type, members } = member;
  const fallback = member.tags.get("default");
  const facts = [
    code(type),
    ...(member.isOptional ? [] : ["required"]),
    ...(fallback === undefined ? [] : [`default ${shown(fallback)}`]),
  ];
  const text = describe(member, ["default"]);
  const nested = members.map((inner) => `\n${item(inner, `${indent}  `)}`).join("");
  return `${indent}- **${code(name)}** (${facts.join(", ")})${text === "" ? "" : `: ${text}`}${nested}`;
}

/** As code where it is data, as it is where it is said in words. */
function shown(fallback: string): string {
  try {
    JSON.parse(fallback.replaceAll("_", ""));
    return code(fallback);
  } catch {
    return fallback;
  }
}
