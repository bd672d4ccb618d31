/**
 * Entry point of a worker: a thread or a process with an engine and nothing else: no tools, no policy, no credentials, no
 * environment. The first message names the engine. It runs as a bundle only, see build.ts.
 */
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { FramedChannel } from "../channel/framed.ts";
import { PortChannel } from "../channel/port.ts";
import { duplexDescriptor } from "./descriptor.ts";
import { serveEngine } from "./worker-server.ts";

/** Descriptor of the channel to the host. */
const CHANNEL_FD = 3;
/** The host is trusted and may send messages of any size that its caps allow. */
const MAX_FRAME_BYTES = 2 ** 31;
if (isMainThread) {
  process.on("SIGINT", () => {}); // Ctrl-C reaches the whole terminal group, but the host decides how a run ends
  const channel = new FramedChannel(duplexDescriptor(CHANNEL_FD), MAX_FRAME_BYTES);
  void channel.closed.then(() => process.kill(process.pid, "SIGKILL")); // no exit hooks: a guest may still be running
  new Worker(new URL("./lifeline.mjs", import.meta.url), {
    env: {},
    stdout: true,
  }).unref();
  serveEngine(channel);
} else {
  const channel = new PortChannel(parentPort!);
  void channel.closed.then(() => process.exit());
  serveEngine(channel);
}
