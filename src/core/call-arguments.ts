/** The arguments of one call as wire text, in a VM and on its host. */
import * as native from "./primordials.ts";

/** Begins the text of several arguments, before the text of their list. No text of one value begins so. */
export const SEVERAL = "...";

/** Begins the text of a call whose result is to stay on the host, before all else. */
export const KEEP = "&";

/** The text without {@link KEEP}. */
export function argumentsIn(text: string): string {
  return text[0] === KEEP ? native.sliceText(text, KEEP.length) : text;
}
