/** The version of this package. It is `version` of package.json, which a bundle of this code cannot read; a test compares them. */
export const VERSION = "0.1.0";
