import { ownPlace } from "./registry.ts";
import { siblingFile, timeToLine } from "./start-time.ts";
import { Absent, OWN_ONLY } from "./subject.ts";

const MAIN = siblingFile("../../cli/main", import.meta.url);

/** Time from the start of `codecell run` with a trivial program, without servers, to its value, in ms. @throws Absent if it prints none */
export async function cliStart(subject: string): Promise<number> {
  const own = ownPlace(subject);
  if (own === undefined) throw new Absent(OWN_ONLY);
  const { engine, placement } = own;
  const args = [MAIN, "run", "-", "--engine", engine, "--placement", placement];
  return await timeToLine(args, "2", "1 + 1");
}
