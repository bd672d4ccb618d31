/** An engine that has been taken over: it writes what it likes to the channel of its worker. */
import { writeSync } from "node:fs";
import type { Engine, EngineSession as Session } from "../../src/index.ts";

const CHANNEL = 3;

function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(4);
  header.writeUInt32BE(body.length);
  return Buffer.concat([header, body]);
}

/** All of it, however large it is for the pipe. */
function write(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }
}

function send(text: string): void {
  write(CHANNEL, frame(text));
}

/** The same message without end, a thousand at a time. */
function flood(text: string): void {
  const many = Buffer.concat(Array.from({ length: 1_000 }, () => frame(text)));
  for (;;) write(CHANNEL, many);
}

function outcome(fields: string): () => void {
  return () => send(`["outcome",{${fields}},false]\n`);
}

const attacks: Record<string, () => void> = {
  garbage: () => writeSync(CHANNEL, frame("this is no message")),
  array: () => writeSync(CHANNEL, frame('{"not":"an array"}\n')),
  unknown: () => writeSync(CHANNEL, frame('["shutdown"]\n')),
  large: () => writeSync(CHANNEL, Buffer.from([0x05, 0x00, 0x00, 0x00, 0x5b])), // 80 MiB to come
  huge: () => writeSync(CHANNEL, Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3])),
  code: () =>
    writeSync(
      CHANNEL,
      frame(
        '["outcome",{"ok":false,"error":{"code":"made_up","message":{"a":1},"line":"x","frame":"forged"},"usage":null},false]\n',
      ),
    ),
  text: outcome('"ok":false,"error":{"code":"internal","name":{"toString":1},"message":"m"}'),
  deep: outcome(
    `"ok":false,"error":{"code":"internal","name":${"[".repeat(200_000)}${"]".repeat(200_000)},"message":"m"}`,
  ),
  usage: outcome('"ok":true,"usage":{"cpuMs":1e300,"peakBytes":1e300,"compileMs":1e300}'),
  "call name": () => send(`["call",1,"demo","${"x".repeat(100_000)}"]\n1`),
  "call number": () => writeSync(CHANNEL, frame('["call",{"toString":1},"demo","echo"]\n1')),
  "dropped bytes": () => writeSync(CHANNEL, frame('["dropped",{"valueOf":1}]\n')),
  reply: () => writeSync(CHANNEL, frame('["opened"]\n')),
  refusal: () => writeSync(CHANNEL, frame('["refused","internal",{"toString":1}]\n')),
  "tool report": () => writeSync(CHANNEL, frame('["called",{"tool":"demo.echo","ok":true}]\n')),
  value: () =>
    writeSync(
      CHANNEL,
      frame(
        '["outcome",{"ok":true,"usage":{"cpuMs":-1,"peakBytes":1e999},"extra":1},true]\n~{"$type":"BigInt","value":"x"}',
      ),
    ),
  prototype: () =>
    writeSync(
      CHANNEL,
      frame(
        '["outcome",{"ok":true,"__proto__":{"polluted":true}},true]\n{"__proto__":{"polluted":true}}',
      ),
    ),
  calls: () => {
    for (let id = 0; id < 2_000; id++) writeSync(CHANNEL, frame(`["call",${id},"demo","echo"]\n1`));
  },
  arguments: () => writeSync(CHANNEL, frame('["call",1,"demo","echo"]\n~{"$type":"Map"}')),
  "large names": () => send(`["call",1,"${"n".repeat(8_000_000)}","echo"]\n1`),
  "long message": () =>
    send(
      `["outcome",{"ok":false,"error":{"name":"E","message":"${"m".repeat(60_000_000)}"}},false]\n`,
    ),
  "large logs": () => {
    for (;;) send(`["log","info"]\n${"\u0001".repeat(8_000_000)}`);
  },
  "many logs": () => flood('["log","info"]\nx'),
  "idle flood": () => flood('["idle"]\n'),
  "call flood": () => flood('["call",1,"","listTools"]\n1'),
  "drop flood": () => flood('["dropped",1]\n'),
  "cpu limit": outcome('"ok":false,"error":{"code":"cpu_limit","name":"LimitError","message":"m"}'),
  admission: outcome('"ok":false,"error":{"code":"rate_limited","name":"Error","message":"m"}'),
  approval: outcome(
    '"ok":false,"error":{"code":"approval_required","name":"ToolError","message":"m","tool":"a.b"}',
  ),
  "error output": () => {
    for (;;) write(2, Buffer.alloc(65_536, "x"));
  },
  "spins afterwards": () => {
    send('["outcome",{"ok":true,"clean":true},false]\n');
    send('["ready"]\n');
    for (;;);
  },
  logs: () => {
    for (let line = 0; line < 100; line++)
      writeSync(CHANNEL, frame(`["log","error"]\n${"\u001b[31m".repeat(100)}`));
    writeSync(CHANNEL, frame('["log","shout"]\nx'));
    writeSync(CHANNEL, frame('["outcome",{"ok":true},false]\n'));
  },
};

export async function createEngine(): Promise<Engine> {
  const session: Session = {
    run: async (program) => {
      const name = Object.keys(attacks).find((attack) => program.code.includes(`'${attack}'`));
      attacks[name!]!();
      return await new Promise(() => {});
    },
    [Symbol.asyncDispose]: async () => {},
  };
  return {
    name: "evil",
    open: async () => session,
    ready: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}
