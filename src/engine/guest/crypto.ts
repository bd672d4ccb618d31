import { fromBase64, toBase64 } from "../../core/base64.ts";
import * as native from "../../core/primordials.ts";
import { DOMException } from "./events.ts";
import { send } from "./host-port.ts";
import { promiseThen } from "./promises.ts";

/** Cap of the Web Cryptography standard (`getRandomValues`), in bytes. */
const MAX_RANDOM = 65_536;
const INTEGER_ARRAY = /^(?:Big)?(?:Uint|Int)\d/;
const ALGORITHMS = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];

function randomBytes(count: number): Uint8Array {
  return fromBase64(send("random", count, "", ""))!;
}

function getRandomValues<T extends ArrayBufferView>(array: T): T {
  if (!native.isView(array) || !INTEGER_ARRAY.test(native.typedArrayKind(array) ?? "")) {
    throw new DOMException(
      "crypto.getRandomValues needs an integer typed array",
      "TypeMismatchError",
    );
  }
  const size = native.typedArrayLength(array);
  if (size > MAX_RANDOM)
    throw new DOMException(`at most ${MAX_RANDOM} bytes at once`, "QuotaExceededError");
  new Uint8Array(native.typedArrayBuffer(array), native.typedArrayOffset(array), size).set(
    randomBytes(size),
  );
  return array;
}

/** RFC 9562, version 4. */
function randomUUID(): string {
  const bytes = randomBytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  let text = "";
  for (let at = 0; at < 16; at++) {
    if (at === 4 || at === 6 || at === 8 || at === 10) text += "-";
    text += (bytes[at]! + 256).toString(16).slice(1);
  }
  return text;
}

function bytesOf(data: unknown): Uint8Array {
  if (native.isView(data))
    return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  try {
    native.bufferLength(data);
    return new Uint8Array(data as ArrayBuffer);
  } catch {
    throw new TypeError("crypto.subtle.digest needs an ArrayBuffer, a typed array or a DataView");
  }
}

/** The `crypto` object. `digest` requests a digest from the host, base64 to base64. */
export function createCrypto(
  digest: (algorithm: string, base64: string) => Promise<unknown>,
): object {
  const subtle = native.freeze({
    digest: async (algorithm: unknown, data: unknown): Promise<ArrayBuffer> => {
      const asked =
        typeof algorithm === "object" && algorithm !== null
          ? (algorithm as { name?: unknown }).name
          : algorithm;
      const name = `${asked as string}`.toUpperCase();
      if (!ALGORITHMS.includes(name))
        throw new DOMException(`the algorithms are ${ALGORITHMS.join(", ")}`, "NotSupportedError");
      const decode = (text: unknown): ArrayBuffer =>
        fromBase64(text as string)!.buffer as ArrayBuffer;
      return (await promiseThen(digest(name, toBase64(bytesOf(data))), decode)) as ArrayBuffer;
    },
  });
  return native.freeze({ getRandomValues, randomUUID, subtle });
}

/** State of `Math.random`, made on first use from randomness of the host. */
let state: Uint32Array | undefined;

/** Without this, VMs that are copies of one memory image would return the same numbers. */
export function reseed(): void {
  state = undefined;
}

/** `Math.random` by xorshift128 (Marsaglia 2003). */
export function createRandom(): () => number {
  const next = (words: Uint32Array): number => {
    let mixed = words[3]!;
    mixed ^= mixed << 11;
    mixed ^= mixed >>> 8;
    words[3] = words[2]!;
    words[2] = words[1]!;
    words[1] = words[0]!;
    words[0] = mixed ^ words[0]! ^ (words[0]! >>> 19);
    return words[0]!;
  };
  // An arrow, as no built-in method is a constructor.
  return () => {
    state ??= new Uint32Array(randomBytes(16).buffer as ArrayBuffer);
    return ((next(state) >>> 5) * 67_108_864 + (next(state) >>> 6)) / 9_007_199_254_740_992;
  };
}
