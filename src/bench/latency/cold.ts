import { NODE_FLAGS } from "./driver.ts";
import { siblingFile, timeToLine } from "./start-time.ts";

const ENTRY = siblingFile("./cold-start", import.meta.url);

/** Time from the start of a process to its first result, in ms. @throws Absent if it returns none */
export async function coldStart(subject: string, peers?: string): Promise<number> {
  const args = [...NODE_FLAGS, ENTRY, subject, ...(peers === undefined ? [] : [peers])];
  return await timeToLine(args, "done");
}
