/** Whatever a snapshot holds, reading it gives a session or refuses it. */
import * as fc from "fast-check";
import { CodecellError } from "../../src/index.ts";
import type { SavedSession } from "../../src/session/saved-session.ts";
import { readSnapshot } from "../../src/session/snapshot.ts";
import { CAPS, EMPTY, snapshotOf, VM, withHead } from "../support/forged-snapshot.ts";

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(null, -1, 1e300, [], {}, { toString: 1, valueOf: 1 }, "x", [[]], [null]),
);

function oddFields(...names: string[]): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(names.map((name) => [name, odd])), { requiredKeys: [] });
}

// At most two odd fields each: one that is refused hides the others.
const head = fc
  .shuffledSubarray(["limits", "programs", "declared", "files", "vm", "run", "seed", "now"], {
    maxLength: 2,
  })
  .chain((names) => oddFields(...names));
const vm = fc.option(
  fc.shuffledSubarray(Object.keys(VM), { maxLength: 2 }).chain((names) => oddFields(...names)),
);
const rest = fc.uint8Array({ maxLength: 50 });

const forged = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(head, vm, rest)
      .map(([fields, inVm, bytes]) =>
        withHead({ ...EMPTY, ...fields, ...(inVm && { vm: { ...VM, ...inVm } }) }, bytes),
      ),
  },
  { weight: 1, arbitrary: rest.map((bytes) => snapshotOf(bytes)) },
  // A sound one with one byte of another value.
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat(), fc.nat(255)).map(([at, byte]) => {
      const bytes = withHead(EMPTY);
      bytes[at % bytes.length] = byte;
      return bytes;
    }),
  },
);

export const snapshotReader = fc.asyncProperty(forged, async (bytes) => {
  try {
    const session = await readSnapshot(bytes, CAPS);
    if (!isSession(session)) throw new Error(`it is no session: ${JSON.stringify(session)}`);
  } catch (error) {
    if (!CodecellError.is(error) || error.code !== "config_error") throw error;
  }
});

function isSession({ limits, programs, declared, vm: saved, run, files }: SavedSession): boolean {
  return (
    Object.values(limits).every(Number.isFinite) &&
    Number.isInteger(programs) &&
    declared.every((name) => typeof name === "string") &&
    files.every(([path, , mtimeMs]) => path.startsWith("/") && Number.isFinite(mtimeMs)) &&
    (run === undefined || [run.source, ...run.logs.map(({ text }) => text)].every(isText)) &&
    (saved === undefined ||
      (isText(saved.engine) &&
        [saved.runs, saved.drawn, ...saved.timers.flat()].every(Number.isFinite) &&
        saved.calls.every(({ server, tool, args }) => [server, tool, args].every(isText)) &&
        saved.answers.every(([id, answer]) => Number.isInteger(id) && isText(answer))))
  );
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}
