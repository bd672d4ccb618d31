import { readDeclaration } from "./declaration.ts";
import { describe, table } from "./markdown.ts";
import { ERRORS } from "./sources.ts";

const PAGE = `# Errors

The codes of every interface: \`error.code\` of a result, \`code\` of a \`CodecellError\` or a \`ToolError\`, \`error.code\` over HTTP. They
are stable; messages are for people and may change.

\`run\` never throws for what a program does: the failure is the \`error\` of the result. A \`CodecellError\` is thrown for misuse, and
by a runtime that cannot start. Inside a program a failed call throws a \`ToolError\` with the tool's \`message\`, a \`code\` and the
\`tool\`.`;

const FIELDS = `## Fields of an error

- **\`code\`**, **\`name\`**, **\`message\`**: always there; \`name\` is the class of the error in the program, for example \`TypeError\`.
- **\`line\`**, **\`column\`**: 1-based position in the source as the caller gave it.
- **\`frame\`**: the lines around the position, with a caret under it.
- **\`hint\`**: what to do next.
- **\`tool\`**: the tool concerned, as \`server.tool\` with original names.`;

/** docs/reference/errors.md: what each code means and what to do, from the comments beside the codes. */
export async function errorsPage(): Promise<string> {
  const { members } = await readDeclaration(ERRORS.file, ERRORS.constant);
  const rows = members.map((member) => {
    const cure = member.tags.get("cure");
    if (cure === undefined) throw new Error(`the comment of ${member.name} has no @cure`);
    return [`\`${member.name}\``, describe(member, ["cure"]), cure];
  });
  return [PAGE, table(["code", "meaning", "what to do"], rows), FIELDS].join("\n\n");
}
