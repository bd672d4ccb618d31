/** A program as the text of a module, which a type checker can read. */
import type { InspectedProgram } from "../compile/program-uses.ts";
import { TextEdits } from "../compile/text-edits.ts";
import { givenIn, GIVEN_MODULE } from "./module-types.ts";
import { ENTRY_TYPE } from "./type-environment.ts";

export interface ModuleText {
  readonly text: string;
  /** The offset in the program's text for one in this. */
  origin(offset: number): number;
}

/** @param language JavaScript has types in comments */
export function asModule(program: InspectedProgram, language: "js" | "ts"): ModuleText {
  const { text, returns, parameter, object, named = [] } = program;
  const edits = new TextEdits(withThrows(text, returns));
  // A call by name has the types of its tool.
  for (const { start, end, server, tool, rest } of named) {
    edits.replace(start, end, `tools[${JSON.stringify(server)}][${JSON.stringify(tool)}](`);
    if (rest !== undefined) edits.replace(rest.start, rest.end, ")");
  }
  const words = givenIn(program).map(({ word }) => word);
  if (words.length > 0) edits.append(`\nimport { ${words.join(", ")} } from "${GIVEN_MODULE}";`);
  if (object !== undefined) {
    edits.open(object.start, ";(");
    edits.close(object.end, ")");
  }
  if (parameter !== undefined) {
    const { start, end, typeEnd, inParentheses } = parameter;
    const inComment = language === "js" && typeEnd === undefined;
    const comment = inComment ? `/** @type {${ENTRY_TYPE}} */ ` : "";
    const type = inComment ? "" : `: ${ENTRY_TYPE} `;
    if (!inParentheses) edits.open(start, "(");
    if (comment !== "") edits.open(start, comment);
    if (typeEnd !== undefined) edits.replace(end, typeEnd, type);
    else edits.close(end, inParentheses ? type : `${type})`);
  }
  return { text: edits.apply(), origin: (offset) => edits.origin(offset) };
}

/**
 * A module has no `return`, and what follows one is not checked there: `throw` checks its value and ends the program in
 * the same place, on as many characters.
 */
function withThrows(text: string, returns: readonly number[]): string {
  let module = "";
  let done = 0;
  for (const at of returns.toSorted((a, b) => a - b)) {
    if (!text.startsWith("return", at)) continue;
    module += `${text.slice(done, at)}throw `;
    done = at + "return".length;
  }
  return module + text.slice(done);
}
