/**
 * The wire format: values as text, between a program and its host.
 *
 * A value that JSON can represent is plain JSON. Any other value is `~` followed by JSON in which
 * `{ "$type": …, "value": … }` represents what JSON lacks: undefined, NaN, ±Infinity, -0, BigInt, Date, RegExp, Map, Set,
 * typed arrays, ArrayBuffer, DataView and Error, which keeps its native class. A boxed primitive is the primitive. A plain object with a `$type` key is wrapped too, so nothing is ambiguous.
 *
 * The same code runs on the host and, bundled into the guest prelude, inside the VM; hence the primordials.
 */
import * as native from "./primordials.ts";

/** Why a value cannot cross: it is not data (`not_serializable`) or it is too large (`output_limit`). */
export interface WireFailure {
  readonly code: "not_serializable" | "output_limit";
  readonly message: string;
}

/** A {@link WireFailure} that was thrown. Made by {@link wireError} only. */
export class WireError extends native.NativeError implements WireFailure {
  override readonly name = "WireError";
  readonly code: WireFailure["code"];

  constructor(code: WireFailure["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * What the encoder and the decoder themselves threw. Inside a VM this is what makes an error genuine: a program can get hold
 * of an error and its class (by `Error.prepareStackTrace`), patch `instanceof` and set every property, but cannot add to this.
 */
const genuine = new native.NativeWeakMap<object, WireFailure>();

export function wireError(code: WireFailure["code"], message: string): WireError {
  const failure: WireFailure = native.freeze({ __proto__: null, code, message } as never);
  const error = new WireError(code, message);
  native.weakMapSet(genuine, error, failure);
  return error;
}

/** The failure that `thrown` stands for, if the encoder or the decoder threw it. */
export function wireFailureOf(thrown: unknown): WireFailure | undefined {
  return typeof thrown === "object" && thrown !== null
    ? (native.weakMapGet(genuine, thrown) as WireFailure | undefined)
    : undefined;
}

/** Begins a text that is more than JSON. */
export const MARK = "~";
/** Parsing a decimal BigInt takes more than linear time, which a hostile program could use to block the host. */
export const MAX_BIGINT_DIGITS = 10_000;
