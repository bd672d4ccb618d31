/** What a program's text shows before it runs. */
import { compileFailure } from "../compile/compile-error.ts";
import {
  type ImportUse,
  type InspectedProgram,
  type ProgramUses,
  type ToolUse,
} from "../compile/program-uses.ts";
import type { Failure } from "../core/errors.ts";
import { hostTurns, TURN_BYTES } from "../core/host-turns.ts";
import type { Limits } from "../core/limits.ts";
import { ToolError } from "../core/tool-error.ts";
import { importFailure, importMeaning, toolModule } from "../core/tool-modules.ts";
import type { Catalogue } from "../tools/catalogue.ts";
import { arrangedUse } from "./arranged-uses.ts";
import { isQuestion, questionUse } from "./question-use.ts";
import type { CheckedFor, ProgramReader } from "./reader.ts";
import type { Errors, TypeChecker } from "./type-checker.ts";

/** What a program may do, read from its text. Nothing of it was run. */
export interface Inspection extends ProgramUses {
  /** False when running it would fail for one of the diagnostics. */
  readonly ok: boolean;
  /** Syntax errors, tools and imports that are not there, and type errors where the runtime checks types. */
  readonly diagnostics: readonly Failure[];
}

/** What is unknown is described by what is nearest to it, which takes time for each; a program that has more is wrong anyway. */
const MAX_UNKNOWN = 50;

const NOTHING: ProgramUses = { tools: [], imports: [], dynamic: [] };

/** What reads and checks a program, and for whom. */
export interface Inspectors extends CheckedFor {
  readonly reader: ProgramReader;
  readonly checker: TypeChecker | undefined;
  /** There is a model that `ask` asks. */
  readonly hasModel: boolean;
  /** Which of its type errors are diagnostics. */
  readonly errors: Errors;
}

export async function inspect(
  source: string,
  limits: Limits,
  catalogue: Catalogue,
  { reader, checker, hasModel, errors, ...by }: Inspectors,
): Promise<Inspection> {
  let program: InspectedProgram;
  try {
    program = await reader.read(source, limits, catalogue.names, by);
  } catch (error) {
    return { ok: false, diagnostics: [compileFailure(error, limits.compileMs)], ...NOTHING };
  }
  const types = (await checker?.check({ ...program, hasModel }, errors, by)) ?? [];
  const { imports, dynamic } = program;
  const unknown = [
    ...(await unknownTools(program.tools, catalogue)),
    ...unknownImports(imports, catalogue),
  ];
  // The catalogue knows better what is not there than TypeScript does.
  const others = types.filter(
    (type) => !unknown.some(({ line, column }) => near(type, line, column)),
  );
  const diagnostics = [...unknown, ...others].toSorted(byPlace);
  const tools = program.tools.map((use) =>
    isQuestion(use.server, use.tool) ? questionUse(use) : arrangedUse(use, catalogue),
  );
  return { ok: diagnostics.length === 0, diagnostics, tools, imports, dynamic };
}

async function unknownTools(uses: readonly ToolUse[], catalogue: Catalogue): Promise<Failure[]> {
  const unknown: Failure[] = [];
  for (const { server, tool, line, column } of uses) {
    if (unknown.length >= MAX_UNKNOWN) break;
    if (
      tool === undefined ||
      isQuestion(server, tool) ||
      catalogue.find(server, tool) !== undefined
    )
      continue;
    await hostTurns.take(TURN_BYTES); // to find what is nearest, all names are looked at
    try {
      catalogue.resolve(server, tool);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      const { code, message } = error;
      unknown.push({ code, name: "ToolError", message, line, column, tool: `${server}.${tool}` });
    }
  }
  return unknown;
}

function unknownImports(uses: readonly ImportUse[], { names }: Catalogue): Failure[] {
  return uses.slice(0, MAX_UNKNOWN).flatMap(({ specifier, names: exported, line, column }) => {
    if (specifier === undefined) return [];
    const module = toolModule(names, specifier);
    if (module?.kind === "server") return []; // what it has not is an unknown tool where it is used
    const name = exported.find((each) => importMeaning(names, specifier, each) === undefined);
    if (module === undefined ? exported.length > 0 && name === undefined : name === undefined)
      return [];
    const { message } = importFailure(names, specifier, name);
    return [{ code: "unknown_tool" as const, name: "Error", message, line, column }];
  });
}

/** On the same line, where the name stands: the two count their columns from its start and from its object's. */
function near(type: Failure, line: number | undefined, column: number | undefined): boolean {
  return (
    type.line === line && type.column !== undefined && Math.abs(type.column - (column ?? 0)) < 80
  );
}

function byPlace(a: Failure, b: Failure): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
