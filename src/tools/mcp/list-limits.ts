/** How much a server may list. The largest catalogues that are known are a tenth of this. */

/** Largest answer to one request for a list, in bytes of JSON: of a list that does not come in pages, all of it. */
export const MAX_PAGE_BYTES = 8 * 1024 * 1024;
/** Most values in such an answer. */
export const MAX_PAGE_PARTS = 600_000;
/** Largest entry of a list, and largest description that a server gives of itself: each is parsed in one step. */
export const MAX_ENTRY_BYTES = 2 * 1024 * 1024;
/** Most values in one. */
export const MAX_ENTRY_PARTS = 150_000;
/** Most pages of one list. */
export const MAX_PAGES = 1_000;
/** Most entries of one list. */
export const MAX_ENTRIES = 20_000;
/** Largest list in bytes of memory, about. */
export const MAX_LIST_BYTES = 32 * 1024 * 1024;
/** All lists of one server (tools, resources, templates, prompts) in bytes of memory, about. */
export const MAX_SERVER_BYTES = 64 * 1024 * 1024;
