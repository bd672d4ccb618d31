import * as native from "./primordials.ts";

/**
 * The answer to a host call: the wire text of the value (see wire-format.ts), or `!` and the failure as JSON. No wire text
 * begins with `!`.
 */
export type Answer = string;

const FAILURE = "!";

/** What the program's `catch` gets when a call fails. */
export interface CallFailure {
  readonly code: string;
  readonly message: string;
  readonly tool?: string;
  readonly hint?: string;
  readonly data?: unknown;
}

export function answerFailure(failure: CallFailure): Answer {
  return FAILURE + native.stringifyJson(failure);
}

/** Whether the answer is a failure. */
export function isFailure(answer: Answer): boolean {
  return answer[0] === FAILURE;
}

/** The failure in an answer, or `undefined` for the text of a value. */
export function failureIn(answer: Answer): CallFailure | undefined {
  if (!isFailure(answer)) return undefined;
  return native.parseJson(native.sliceText(answer, 1)) as CallFailure;
}
