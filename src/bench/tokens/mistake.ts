/** Makes one failed attempt, in a program and as a direct call. */
import { runPrograms } from "./code.ts";
import type { WrongCall } from "./direct.ts";
import type { Exchange } from "./messages.ts";
import type { OpenWorld } from "./open-world.ts";
import type { RecordedCall } from "./tap.ts";
import type { Mistake, Workload } from "./workload.ts";

/** The failed attempt with its results; or the reason why there is none. */
export type Failure =
  | { readonly failed: Exchange; readonly wrong: WrongCall }
  | { readonly reason: string };

/** Makes the mistake of `workload`, or misspells the first tool that its program called. */
export async function makeMistake(
  world: OpenWorld,
  { mistake, programs }: Workload,
  calls: readonly RecordedCall[],
): Promise<Failure> {
  const found = mistake ?? (await misspelt(world, programs[0]!, calls[0]));
  if (found === undefined)
    return { reason: "the text of the program does not name the first tool that it calls" };
  const [right, wrong] = found.program;
  if (!programs[0]!.includes(right)) return { reason: `the program does not hold: ${right}` };
  const program = programs[0]!.replace(right, () => wrong);
  const failed =
    mistake === undefined ? await tryOut(world, program) : await attempt(world, program);
  if (failed === undefined) return { reason: "the program went on after the mistake" };
  const answer = await world.call(found.call.server, found.call.tool, found.call.args);
  if (!answer.isError)
    return { reason: `${found.call.server} took the wrong call without an error` };
  return { failed, wrong: { ...found.call, answer } };
}

/** Runs a program that should fail; `undefined` if it did not. */
async function attempt(world: OpenWorld, program: string): Promise<Exchange | undefined> {
  const { exchanges } = await runPrograms(world, [program]);
  return exchanges[0]!.isError ? exchanges[0] : undefined;
}

/** The same while all calls are refused: a program that catches its mistake must not do its job a second time. */
async function tryOut(world: OpenWorld, program: string): Promise<Exchange | undefined> {
  let failed: Exchange | undefined;
  const refused = await world.refusing(async () => {
    failed = await attempt(world, program);
  });
  return refused === 0 ? failed : undefined;
}

/** The default mistake: the name of the first called tool without its last letter. */
async function misspelt(
  { runtime }: OpenWorld,
  program: string,
  first: RecordedCall | undefined,
): Promise<Mistake | undefined> {
  const { tools } = await runtime.inspect(program);
  const use = tools.find(({ server, tool }) => server === first?.server && tool === first?.tool);
  if (first === undefined || use === undefined) return undefined;
  const text = program.slice(use.start, use.end);
  const name = text.slice(0, text.includes("(") ? text.indexOf("(") : undefined);
  const { server, tool, args } = first;
  return {
    program: [name, name.slice(0, -1)],
    call: { server, tool: tool.slice(0, -1), args },
  };
}
