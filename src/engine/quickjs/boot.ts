/** What booting leaves behind. All boots of a build are alike, down to the pointers: images rest on that. */
import type { QuickJSHandle } from "quickjs-emscripten-core";
import { type MemoryImage, writeImage } from "./memory-image.ts";

/** A VM after booting. All boots are alike, pointers included, so that any other instance can be made to be the same. */
export interface Booted {
  readonly image: MemoryImage;
  /** End of its heap. */
  readonly end: number;
  readonly start: QuickJSHandle["value"];
  readonly receive: QuickJSHandle["value"];
}

/**
 * A boot reads the clock in places (the seed of a random generator, for one). All boots are alike when that stands
 * still, which is what lets the changes of one instance be put over another. Nothing else runs meanwhile.
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

/** All that an image depends on (engine, build, prelude) is in what a VM is after booting. */
export async function nameOfBoot(booted: MemoryImage): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", writeImage(booted));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0"));
  return `quickjs ${hex.join("")}`;
}
