/** A worker that is played by hand, and what a worker that has been taken over can send. */
import { duplexPair } from "node:stream";
import { DEFAULT_LIMITS, type Limits } from "../../src/index.ts";
import type { Host, Outcome } from "../../src/engine/engine.ts";
import { FramedChannel } from "../../src/placement/channel/framed.ts";
import { WorkerClient } from "../../src/placement/pool/worker-client.ts";

const DEEP = "[".repeat(200_000) + "]".repeat(200_000);
/** What a forged field can be, as JSON. */
export const FORGED = [
  '{"toString":1}',
  '{"toString":null,"valueOf":null}',
  '{"__proto__":{"polluted":true},"length":1e9}',
  "1e300",
  "1e999",
  "-1",
  "0.5",
  "null",
  "true",
  "[]",
  '"__proto__"',
  `"${"x".repeat(100_000)}"`,
  DEEP,
];
/** Heads of messages to a host, with a hole for a forged field. */
export const HEADS_TO_HOST = [
  "_",
  "[_]",
  '["ready",_]',
  '["unavailable",_,_]',
  '["opened",_]',
  '["saved",_]',
  '["saved",{"engine":"x","runs":1,"running":false,"drawn":0,"timers":[[1,_]],"calls":[],"answers":[]}]',
  '["saved",{"engine":"x","runs":1,"running":false,"drawn":0,"timers":[],"calls":[_],"answers":[]}]',
  '["saved",{"engine":"x","runs":1,"running":false,"drawn":0,"timers":[],"calls":[],"answers":[_]}]',
  '["refused",_,_,_]',
  '["call",_,"s","t",1,false]',
  '["call",1,_,"t",1,false]',
  '["call",1,"s",_,1,false]',
  '["call",1,"s","t",_,_]',
  '["called",_]',
  '["called",{"tool":_,"ok":_,"ms":_,"bytes":_,"error":_}]',
  '["log",_]',
  '["dropped",_]',
  '["idle",_]',
  '["outcome",_,_]',
  '["outcome",{"ok":_},true]',
  '["outcome",{"ok":true,"usage":_,"clean":_},true]',
  '["outcome",{"ok":true,"usage":{"cpuMs":_,"peakBytes":_,"compileMs":_}},false]',
  '["outcome",{"ok":true,"declares":_},false]',
  '["outcome",{"ok":true,"declares":[_]},false]',
  '["outcome",{"ok":false,"error":_},false]',
  '["outcome",{"ok":false,"error":{"code":_,"name":"n","message":"m"}},false]',
  '["outcome",{"ok":false,"error":{"code":"internal","name":_,"message":"m"}},false]',
  '["outcome",{"ok":false,"error":{"code":"internal","name":"n","message":_}},false]',
  '["outcome",{"ok":false,"error":{"code":"internal","name":"n","message":"m","line":_,"column":_,"hint":_,"tool":_}},false]',
];
/** Whether all of it is as small and plain as a checked message is. */
export function isSane(value: unknown, depth = 0): boolean {
  if (depth > 8) return false;
  if (typeof value === "string") return value.length <= 100_000;
  if (typeof value === "number") return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every((part) => isSane(part, depth + 1));
}

/** A message as bytes on the wire. */
export function frame(text: string, bytes?: Uint8Array): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(bytes === undefined ? 4 : 8);
  header.writeUInt32BE(bytes === undefined ? body.length : 2 ** 31 + body.length);
  if (bytes !== undefined) header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, body, bytes ?? Buffer.alloc(0)]);
}

export interface FakeWorker {
  /** The host's side. */
  readonly client: WorkerClient;
  /** Sends messages in one piece. */
  readonly send: (...texts: string[]) => void;
  /** Sends bytes as they are. */
  readonly sendBytes: (bytes: Buffer) => void;
  /** What the host has sent. */
  readonly received: readonly string[];
  /** What the operating system says of the worker. */
  readonly usage: { cpuMs: number; rssBytes: number };
}

/** A worker that has booted. @param isService whether it is a service, with tools of its own */
export async function fakeWorker(isService = false): Promise<FakeWorker> {
  const [near, far] = duplexPair();
  const exit = Promise.withResolvers<{ outOfMemory: boolean; detail: string; lastWords: string }>();
  const usage = { cpuMs: 0, rssBytes: 0 };
  const handle = {
    channel: new FramedChannel(near, 1_000_000),
    callsTools: isService,
    kill: (): void => {
      far.destroy();
      exit.resolve({ outOfMemory: false, detail: "killed", lastWords: "" });
    },
    exited: exit.promise,
    usage: () => ({ ...usage }),
    hold: () => {},
  };
  const client = new WorkerClient(handle, { name: "fake", module: "" });
  const received: string[] = [];
  const worker = new FramedChannel(far, 100_000_000);
  worker.onMessage((message) => received.push(message));
  far.on("error", () => {}); // it was killed while it wrote
  const sendBytes = (bytes: Buffer): void => void (far.destroyed || far.write(bytes));
  const send = (...texts: string[]): void =>
    sendBytes(Buffer.concat(texts.map((text) => frame(text))));
  send('["ready"]\n');
  await client.booted;
  return { client, send, sendBytes, received, usage };
}

export const END = '["outcome",{"ok":true,"clean":true},false]\n';

const noHost: Host = { call: async () => "1", log: () => {}, dropped: () => {} };

export interface RunParts {
  readonly host?: Partial<Host>;
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
}

export function runIn(client: WorkerClient, parts: RunParts = {}): Promise<Outcome> {
  return client.run(...startOf(parts));
}

/** Runs in the VM that is open. */
export function runKeptIn(client: WorkerClient, parts: RunParts = {}): Promise<Outcome> {
  return client.runKept(...startOf(parts));
}

function startOf(parts: RunParts): Parameters<WorkerClient["run"]> {
  const limits = { ...DEFAULT_LIMITS, ...parts.limits };
  const request = { source: "1", limits, names: { version: "", servers: [] } };
  const signal = parts.signal ?? new AbortController().signal;
  return [request, { ...noHost, ...parts.host }, signal];
}
