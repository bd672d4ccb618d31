/** The arguments of one call as wire text, in a VM and on its host. */

/** Begins the text of several arguments, before the text of their list. No text of one value begins so. */
export const SEVERAL = "...";
