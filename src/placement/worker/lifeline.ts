/**
 * A thread of a worker process that ends the process when the host has ended, in whatever way, even when the main thread
 * hangs: standard input is a pipe that is never written to, so its end means that the host has ended.
 */
import { readDescriptor } from "./descriptor.ts";

const lifeline = readDescriptor(0);
const end = (): boolean => process.kill(process.pid, "SIGKILL");
lifeline.on("end", end);
lifeline.on("close", end);
lifeline.resume();
