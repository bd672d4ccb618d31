/**
 * The wire format: values as text, between a program and its host.
 *
 * A value that JSON can represent is plain JSON. Any other value is `~` followed by JSON in which
 * `{ "$type": …, "value": … }` represents what JSON lacks: undefined, NaN, ±Infinity, -0, BigInt, Date, RegExp, Map, Set,
 * typed arrays, ArrayBuffer and Error. A plain object with a `$type` key is wrapped too, so nothing is ambiguous.
 *
 * The same code runs on the host and, bundled into the guest prelude, inside the VM; hence the primordials.
 */
import * as native from "./primordials.ts";

/** Why a value cannot cross: it is not data (`not_serializable`) or it is too large (`output_limit`). */
export class WireError extends native.NativeError {
  override readonly name = "WireError";
  readonly code: "not_serializable" | "output_limit";

  constructor(code: "not_serializable" | "output_limit", message: string) {
    super(message);
    this.code = code;
  }
}

/** Begins a text that is more than JSON. */
export const MARK = "~";
/** Parsing a decimal BigInt takes more than linear time, which a hostile program could use to block the host. */
export const MAX_BIGINT_DIGITS = 10_000;
