/** A process that loads one subject, runs one program, says so and ends: what a function's first call waits for. */
import { subjectEntries } from "./registry.ts";
import { LIMITS, TOOLS } from "./world.ts";

const [id, peers] = process.argv.slice(2);
const entry = (await subjectEntries(peers)).find((each) => each.id === id);
const subject = await entry!.load();
const executor = await subject.start({ tools: TOOLS, limits: LIMITS });
const value = await executor.run("return 1 + 1");
process.stdout.write(value === 2 ? "done\n" : `it answered ${String(value)}\n`);
process.exit(); // the figure is known; whatever a subject leaves open must not hold the bench up
