/**
 * Entry of a worker: a thread or a process of its own that holds an engine and nothing else: no tools, no policy, no
 * credentials, no environment. Which engine it is comes as the first message.
 */
import { Socket } from "node:net";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { FramedChannel } from "../channel/framed.ts";
import { PortChannel } from "../channel/port.ts";
import { serveEngine } from "./worker-server.ts";

/** The host end of this descriptor is the channel. */
const CHANNEL_FD = 3;
/** The host may send anything its caps allow; it is trusted. */
const MAX_FRAME_BYTES = 2 ** 31;
/** Beside this file, with the same ending: source, built or bundled. */
const LIFELINE = `./lifeline${import.meta.url.slice(import.meta.url.lastIndexOf("."))}`;

if (isMainThread) {
  process.on("SIGINT", () => {}); // Ctrl-C reaches the whole terminal group: how a run ends is the host's to say
  const channel = new FramedChannel(
    new Socket({ fd: CHANNEL_FD, readable: true, writable: true }),
    MAX_FRAME_BYTES,
  );
  void channel.closed.then(() => process.kill(process.pid, "SIGKILL")); // no exit hooks: a guest may still be running
  new Worker(new URL(LIFELINE, import.meta.url), {
    env: {},
    stdout: true,
  }).unref();
  serveEngine(channel);
} else {
  const channel = new PortChannel(parentPort!);
  void channel.closed.then(() => process.exit());
  serveEngine(channel);
}
