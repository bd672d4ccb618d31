/**
 * A thread of a worker process that ends the process when its host is gone, however the host ended and whatever the
 * main thread is stuck in: standard input is a pipe that nobody writes to, so its end means the host has died.
 */
import { Socket } from "node:net";

const lifeline = new Socket({ fd: 0, readable: true, writable: false });
const end = (): boolean => process.kill(process.pid, "SIGKILL");
lifeline.on("end", end);
lifeline.on("close", end);
lifeline.resume();
