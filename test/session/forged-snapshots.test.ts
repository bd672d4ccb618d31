/** Snapshots that an attacker made: nothing in one is believed, and none takes more than a session may have. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { encode } from "../../src/core/encode.ts";
import { DEFAULT_LIMITS, type Runtime } from "../../src/index.ts";
import { readSnapshot } from "../../src/session/snapshot.ts";
import { startRuntime } from "../support/combinations.ts";
import { CAPS, EMPTY, snapshotOf, VM, withHead } from "../support/forged-snapshot.ts";
import { leastDelay, MAX_DELAY_MS } from "../support/loop-delay.ts";

const MIB = 1024 * 1024;
const limits = DEFAULT_LIMITS;

let runtime: Runtime;
beforeAll(async () => {
  runtime = await startRuntime({ engine: "quickjs", placement: "process" });
});
afterAll(() => runtime.close());

const FORGED: readonly (readonly [name: string, make: () => Buffer])[] = [
  [
    "300 MiB of zeros in a few KB",
    () => withHead({ ...EMPTY, vm: { ...VM, imageBytes: 300 * MIB } }, Buffer.alloc(300 * MIB)),
  ],
  ["a head that is longer than everything", () => snapshotOf(Buffer.from([255, 255, 255, 127, 1]))],
  ["a head of many megabytes", () => withHead(`"${"x".repeat(20 * MIB)}"`)],
  ["a deep head", () => withHead("[".repeat(3e6) + "]".repeat(3e6))],
  ["a head of millions of parts", () => withHead(`[${"0,".repeat(2e6)}0]`)],
  ["a head that is null", () => withHead("null")],
  ["no files", () => withHead({ ...EMPTY, files: undefined })],
  [
    "more files than a session may have",
    () =>
      withHead({
        ...EMPTY,
        files: Array.from({ length: 2_000 }, (_, at) => [`/${at}`, "folder", 0, 0]),
      }),
  ],
  [
    "more bytes of files than a session may have",
    () => withHead({ ...EMPTY, files: [["/a", "bytes", 20 * MIB, 0]] }, Buffer.alloc(20 * MIB)),
  ],
  ["a file of negative length", () => withHead({ ...EMPTY, files: [["/a", "text", -5, 0]] })],
  [
    "a file that is longer than everything",
    () => withHead({ ...EMPTY, files: [["/a", "text", 1e15, 0]] }),
  ],
  [
    "a file whose name is no text",
    () => withHead({ ...EMPTY, files: [[{ toString: 1 }, "text", 0, 0]] }),
  ],
  [
    "limits that are no numbers",
    () => withHead({ ...EMPTY, limits: { memoryMb: "64", cpuMs: {} } }),
  ],
  [
    "more memory than the runtime allows",
    () => withHead({ ...EMPTY, limits: { ...limits, memoryMb: 4_096 } }),
  ],
  ["timers that are no list", () => withHead({ ...EMPTY, vm: { ...VM, timers: 5 } })],
  [
    "calls that are no calls",
    () => withHead({ ...EMPTY, vm: { ...VM, calls: [{ toString: 1 }, null] } }),
  ],
  [
    "answers that are no text",
    () => withHead({ ...EMPTY, vm: { ...VM, answers: [[1, { toString: 1 }]] } }),
  ],
  ["an image that is cut off", () => withHead({ ...EMPTY, vm: { ...VM, imageBytes: 5 } })],
  [
    "an engine whose name is an object",
    () => withHead({ ...EMPTY, vm: { ...VM, engine: { toString: 1 } } }),
  ],
  [
    "a run without a program",
    () => withHead({ ...EMPTY, run: { source: 1, limits, logs: [], calls: [] } }),
  ],
];

test.each(FORGED)("%s is refused before it takes anything", async (_name, make) => {
  const bytes = make();
  const before = process.resourceUsage().maxRSS;
  let error: unknown;
  const delayMs = await leastDelay(async () => {
    error = await runtime.restore(bytes).catch((thrown: unknown) => thrown);
  });
  expect(error).toMatchObject({
    code: "config_error",
    message: expect.stringMatching(/^the snapshot cannot be re/),
  });
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(160 * 1024); // KiB
  expect(delayMs).toBeLessThan(MAX_DELAY_MS);
});

test("no limit of a snapshot is above the runtime's own", async () => {
  const raised = { ...limits, cpuMs: 3_600_000, wallMs: 86_400_000, callBytes: 2 ** 28 };
  const session = await runtime.restore(withHead({ ...EMPTY, limits: raised }));
  const again = await readSnapshot(await session.snapshot(), CAPS);
  const own = runtime.describe().limits;
  expect(again.limits).toMatchObject({
    cpuMs: own.cpuMs,
    wallMs: own.wallMs,
    callBytes: own.callBytes,
  });
});

test("what a forged call would take long to read is named, and not read", async () => {
  const keys = Array.from({ length: 20_000 }, (_, at) => (BigInt(at) << 64n).toString());
  const calls = [
    { id: 1, kind: "call", server: "demo", tool: "echo", args: encode(new Set(keys.map(BigInt))) },
    { id: 2, kind: "call", server: "demo", tool: "echo", args: '{"a":1}' },
  ];
  const run = { source: "1", limits, logs: [], calls: [] };
  const bytes = withHead({ ...EMPTY, vm: { ...VM, running: true, calls }, run });
  const session = await runtime.restore(bytes);
  let pending: unknown;
  const delayMs = await leastDelay(async () => {
    pending = await session.pending();
  });
  expect(pending).toMatchObject([
    { id: 1, tool: "demo.echo", args: expect.stringMatching(/^… \(they cannot be read: /) },
    { id: 2, tool: "demo.echo", args: { a: 1 } },
  ]);
  expect(delayMs).toBeLessThan(MAX_DELAY_MS);
  await session.close();
});

test("a session of many files is saved and restored beside the host's other work", async () => {
  const session = await runtime.session("files");
  for (let at = 0; at < 990; at++)
    session.workspace.writeFile(`/file${at}`, `${at} ${"中".repeat(5_000)}`);
  await session.run("let x = 1");
  let snapshot: Uint8Array | undefined;
  const saving = await leastDelay(async () => {
    snapshot = await session.snapshot();
  });
  const restoring = await leastDelay(async () => {
    const copy = await runtime.restore(snapshot!);
    expect(copy.workspace.readFile("/file989")).toMatch(/^989 中+$/);
  });
  expect(Math.max(saving, restoring)).toBeLessThan(MAX_DELAY_MS);
});
