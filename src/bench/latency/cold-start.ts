/** A process that loads one subject, runs one program, reports it and ends: the cold start of a serverless function. */
import { subjectEntries } from "./registry.ts";
import { LIMITS, TOOLS } from "./world.ts";

const [id, peers] = process.argv.slice(2);
const entry = (await subjectEntries(peers)).find((each) => each.id === id);
const subject = await entry!.load();
const executor = await subject.start({ tools: TOOLS, limits: LIMITS });
const value = await executor.run("return 1 + 1");
process.stdout.write(value === 2 ? "done\n" : `it answered ${String(value)}\n`);
process.exit(); // the figure is known; open handles of a subject must not delay the bench
