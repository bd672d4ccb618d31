/** The state of a VM after booting. All boots of a build are identical, pointers included; memory images depend on that. */
import type { QuickJSHandle } from "quickjs-emscripten-core";
import { type MemoryImage, writeImage } from "./memory-image.ts";
import type { TrackerPlace } from "./rejection-tracker.ts";

/** A booted VM as data, from which any other instance can be made identical. */
export interface Booted {
  readonly image: MemoryImage;
  /** End of its heap. */
  readonly end: number;
  readonly start: QuickJSHandle["value"];
  readonly receive: QuickJSHandle["value"];
  readonly rejected: QuickJSHandle["value"];
  readonly tracker: TrackerPlace | undefined;
}

/**
 * A boot reads the clock (e.g. for the seed of a random generator). With a stopped clock all boots are identical, so that the
 * changes of one instance can be applied to another. Nothing else runs meanwhile.
 */
export function atTimeZero<T>(boot: () => T): T {
  const { now } = Date;
  Date.now = () => 0;
  try {
    return boot();
  } finally {
    Date.now = now;
  }
}

/** The name of an image's format: a digest of the booted memory, which contains all that an image depends on (engine, build, prelude). */
export async function nameOfBoot(booted: MemoryImage): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", writeImage(booted));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0"));
  return `quickjs ${hex.join("")}`;
}
