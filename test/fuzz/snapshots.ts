/** Whatever a snapshot holds, reading it gives a session or refuses it. */
import * as fc from "fast-check";
import { CodecellError } from "../../src/index.ts";
import { readSnapshot } from "../../src/session/snapshot.ts";
import { CAPS, EMPTY, snapshotOf, VM, withHead } from "../support/forged-snapshot.ts";

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(null, -1, 1e300, [], {}, { toString: 1, valueOf: 1 }, "x", [[]], [null]),
);

function oddFields(...names: string[]): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(Object.fromEntries(names.map((name) => [name, odd])), { requiredKeys: [] });
}

const head = oddFields("limits", "programs", "declared", "files", "vm", "run", "seed", "now");
const vm = fc.option(oddFields(...Object.keys(VM)));
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
    await readSnapshot(bytes, CAPS);
  } catch (error) {
    if (!CodecellError.is(error) || error.code !== "config_error") throw error;
  }
});
