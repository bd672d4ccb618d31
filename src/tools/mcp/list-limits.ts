/** How much a server may list. The largest catalogues that are known are a tenth of this. */

/** An answer is parsed in one step, which is to be a short one. Largest answer to one request for a list, and to `initialize`, in bytes of JSON. */
export const MAX_PAGE_BYTES = 2 * 1024 * 1024;
/** Most values in such an answer. */
export const MAX_PAGE_PARTS = 150_000;
/** Most pages of one list. */
export const MAX_PAGES = 1_000;
/** Most entries of one list. */
export const MAX_ENTRIES = 20_000;
/** Largest list in bytes of memory, about. */
export const MAX_LIST_BYTES = 32 * 1024 * 1024;
/** All lists of one server (tools, resources, templates, prompts) in bytes of memory, about. */
export const MAX_SERVER_BYTES = 64 * 1024 * 1024;
