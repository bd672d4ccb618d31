/** Snapshots that an attacker made: nothing in one is believed, and none takes more than a session may have. */
import { createHash } from "node:crypto";
import { zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CodecellError, DEFAULT_LIMITS, type Runtime } from "../../src/index.ts";
import { readSnapshot } from "../../src/session/snapshot.ts";
import { startRuntime } from "../support/combinations.ts";
import { loopDelay, MAX_DELAY_MS } from "../support/loop-delay.ts";

const MIB = 1024 * 1024;
const CAPS = { memoryMb: 64, workspace: { bytes: 16 * MIB, entries: 1_000 } };

let runtime: Runtime;
beforeAll(async () => {
  runtime = await startRuntime({ engine: "quickjs", placement: "process" });
});
afterAll(() => runtime.close());

/** A snapshot with a valid checksum of anything. */
function snapshotOf(...parts: Uint8Array[]): Buffer {
  const whole = Buffer.concat(parts);
  const body = zstdCompressSync(whole, { pledgedSrcSize: whole.length });
  const checksum = createHash("sha256").update(body).digest();
  return Buffer.concat([Buffer.from("CCS"), Buffer.from([1]), checksum, body]);
}

function withHead(head: unknown, ...rest: Uint8Array[]): Buffer {
  const text = Buffer.from(typeof head === "string" ? head : JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return snapshotOf(length, text, ...rest);
}

const limits = DEFAULT_LIMITS;
const empty = { limits, programs: 0, declared: [], files: [] };
const vm = {
  engine: "x",
  runs: 1,
  running: false,
  drawn: 0,
  timers: [],
  calls: [],
  answers: [],
  imageBytes: 0,
};

const FORGED: readonly (readonly [name: string, make: () => Buffer])[] = [
  [
    "300 MiB of zeros in a few KB",
    () => withHead({ ...empty, vm: { ...vm, imageBytes: 300 * MIB } }, Buffer.alloc(300 * MIB)),
  ],
  ["a head that is longer than everything", () => snapshotOf(Buffer.from([255, 255, 255, 127, 1]))],
  ["a head of many megabytes", () => withHead(`"${"x".repeat(20 * MIB)}"`)],
  ["a deep head", () => withHead("[".repeat(3e6) + "]".repeat(3e6))],
  ["a head of millions of parts", () => withHead(`[${"0,".repeat(2e6)}0]`)],
  ["a head that is null", () => withHead("null")],
  ["no files", () => withHead({ ...empty, files: undefined })],
  [
    "more files than a session may have",
    () =>
      withHead({
        ...empty,
        files: Array.from({ length: 2_000 }, (_, at) => [`/${at}`, "folder", 0, 0]),
      }),
  ],
  [
    "more bytes of files than a session may have",
    () => withHead({ ...empty, files: [["/a", "bytes", 20 * MIB, 0]] }, Buffer.alloc(20 * MIB)),
  ],
  ["a file of negative length", () => withHead({ ...empty, files: [["/a", "text", -5, 0]] })],
  [
    "a file that is longer than everything",
    () => withHead({ ...empty, files: [["/a", "text", 1e15, 0]] }),
  ],
  [
    "a file whose name is no text",
    () => withHead({ ...empty, files: [[{ toString: 1 }, "text", 0, 0]] }),
  ],
  [
    "limits that are no numbers",
    () => withHead({ ...empty, limits: { memoryMb: "64", cpuMs: {} } }),
  ],
  [
    "more memory than the runtime allows",
    () => withHead({ ...empty, limits: { ...limits, memoryMb: 4_096 } }),
  ],
  ["timers that are no list", () => withHead({ ...empty, vm: { ...vm, timers: 5 } })],
  [
    "calls that are no calls",
    () => withHead({ ...empty, vm: { ...vm, calls: [{ toString: 1 }, null] } }),
  ],
  [
    "answers that are no text",
    () => withHead({ ...empty, vm: { ...vm, answers: [[1, { toString: 1 }]] } }),
  ],
  ["an image that is cut off", () => withHead({ ...empty, vm: { ...vm, imageBytes: 5 } })],
  [
    "an engine whose name is an object",
    () => withHead({ ...empty, vm: { ...vm, engine: { toString: 1 } } }),
  ],
  [
    "a run without a program",
    () => withHead({ ...empty, run: { source: 1, limits, logs: [], calls: [] } }),
  ],
];

test.each(FORGED)("%s is refused before it takes anything", async (_name, make) => {
  const bytes = make();
  const before = process.resourceUsage().maxRSS;
  const restoring = () =>
    runtime.restore(bytes).then(
      () => undefined,
      (error: unknown) => error,
    );
  const { value: error, delayMs } = await loopDelay(restoring);
  expect(error).toMatchObject({
    code: "config_error",
    message: expect.stringMatching(/^the snapshot cannot be re/),
  });
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(160 * 1024); // KiB
  expect(delayMs).toBeLessThan(MAX_DELAY_MS);
});

test("no limit of a snapshot is above the runtime's own", async () => {
  const raised = { ...limits, cpuMs: 3_600_000, wallMs: 86_400_000, callBytes: 2 ** 28 };
  const session = await runtime.restore(withHead({ ...empty, limits: raised }));
  const again = await readSnapshot(await session.snapshot(), CAPS);
  const own = runtime.describe().limits;
  expect(again.limits).toMatchObject({
    cpuMs: own.cpuMs,
    wallMs: own.wallMs,
    callBytes: own.callBytes,
  });
});

test("whatever a snapshot holds, reading it gives a session or refuses it", async () => {
  const odd = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(null, -1, 1e300, [], {}, { toString: 1, valueOf: 1 }, "x", [[]], [null]),
  );
  const fields = fc.record(
    {
      limits: odd,
      programs: odd,
      declared: odd,
      files: odd,
      vm: odd,
      run: odd,
      seed: odd,
      now: odd,
    },
    { requiredKeys: [] },
  );
  const inVm = fc.record(
    {
      engine: odd,
      runs: odd,
      running: odd,
      drawn: odd,
      timers: odd,
      calls: odd,
      answers: odd,
      imageBytes: odd,
    },
    { requiredKeys: [] },
  );
  const property = fc.asyncProperty(
    fields,
    fc.option(inVm),
    fc.uint8Array({ maxLength: 50 }),
    async (head, changes, rest) => {
      const forgedVm = changes === null ? {} : { vm: { ...vm, ...changes } };
      try {
        await readSnapshot(withHead({ ...empty, ...head, ...forgedVm }, rest), CAPS);
      } catch (error) {
        expect(CodecellError.is(error)).toBe(true);
        expect(error).toMatchObject({ code: "config_error" });
      }
    },
  );
  await fc.assert(property, { numRuns: 300 });
});

test("a session of many files is saved and restored beside the host's other work", async () => {
  const session = await runtime.session("files");
  for (let at = 0; at < 990; at++)
    session.workspace.writeFile(`/file${at}`, `${at} ${"中".repeat(5_000)}`);
  await session.run("let x = 1");
  const saved = await loopDelay(() => session.snapshot());
  const restored = await loopDelay(() => runtime.restore(saved.value, { id: "copy" }));
  expect(restored.value.workspace.readFile("/file989")).toMatch(/^989 中+$/);
  expect(Math.max(saved.delayMs, restored.delayMs)).toBeLessThan(MAX_DELAY_MS);
});
