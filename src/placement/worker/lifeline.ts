/**
 * A thread of a worker process that ends the process when the host has ended, in whatever way, even when the main thread
 * hangs: standard input is a pipe that is never written to, so its end means that the host has ended.
 */
import { Socket } from "node:net";

const lifeline = new Socket({ fd: 0, readable: true, writable: false });
const end = (): boolean => process.kill(process.pid, "SIGKILL");
lifeline.on("end", end);
lifeline.on("close", end);
lifeline.resume();
