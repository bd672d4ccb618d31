/** What a value consists of, as its size in parts. */
import * as native from "./primordials.ts";

/**
 * Most parts of a small value. A text, a number, `true`, `false` and `null` are one part each, a list or an object is one more than
 * what is in it; what JSON lacks is a few, and so is each of more than a thousand names of one object. A host needs time for each
 * part, in steps that cannot be paused: `JSON.parse` takes up to 20 ms for this many numbers, and several times that for as many as
 * 4 MiB can hold; see {@link WORD_PARTS} for texts and names.
 */
export const MAX_PARTS = 200_000;
/** Where a value may be larger, it may have a part for each so many bytes: rows of short numbers and texts have fewer. */
const BYTES_PER_PART = 21;

/** Most parts of one call's arguments, of one tool result or of a server's message of at most `maxBytes`. */
export function mostParts(maxBytes: number): number {
  const parts = native.floor(maxBytes / BYTES_PER_PART);
  return parts > MAX_PARTS ? parts : MAX_PARTS;
}

/** An object of more names is a table, in which each further name takes as long as {@link NAME_PARTS}. */
const FEW_NAMES = 1_000;
const NAME_PARTS = 4;

/** Parts of the name of an object's property, beside its value. @param at its place in the object, from 1 */
export function partsOfName(at: number): number {
  return at > FEW_NAMES ? NAME_PARTS : 0;
}

/** Parts of the names of an object of so many, beside their values. */
export function partsOfNames(count: number): number {
  return count > FEW_NAMES ? (count - FEW_NAMES) * NAME_PARTS : 0;
}

/**
 * What parsing takes on a host besides, where a text or a name is made anew: it is looked up among all others. A name that the
 * object before it in the same place had too is free: rows of a table repeat theirs.
 */
export const WORD_PARTS = { text: 1, newName: 15 };
