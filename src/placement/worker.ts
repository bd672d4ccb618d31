/**
 * Entry of a worker: a thread or a process of its own that holds an engine and nothing else: no tools, no policy, no
 * credentials, no environment. The engine's reference comes as worker data or as the one argument.
 */
import { Socket } from "node:net";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { FramedChannel } from "../channel/framed.ts";
import { PortChannel } from "../channel/port.ts";
import type { EngineRef } from "../engine/engine.ts";
import { serve } from "./far.ts";

/** The host end of this descriptor is the channel. */
const CHANNEL_FD = 3;
/** The host may send anything its caps allow; it is trusted. */
const MAX_FRAME_BYTES = 2 ** 31;

if (isMainThread) {
  process.on("SIGINT", () => {}); // Ctrl-C reaches the whole terminal group: how a run ends is the host's to say
  const channel = new FramedChannel(
    new Socket({ fd: CHANNEL_FD, readable: true, writable: true }),
    MAX_FRAME_BYTES,
  );
  void channel.closed.then(() => process.kill(process.pid, "SIGKILL")); // no exit hooks: a guest may still be running
  new Worker(new URL(`./lifeline${import.meta.url.slice(-3)}`, import.meta.url), {
    env: {},
    stdout: true,
  }).unref();
  await serve(channel, JSON.parse(process.argv[2]!) as EngineRef);
} else {
  await serve(new PortChannel(parentPort!), workerData as EngineRef);
}
