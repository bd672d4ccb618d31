/** What programs, models and clients read about a server that failed, besides the kind of its failure. */
export const OUTAGE_HINT = "Whoever runs codecell finds the reason in its report of this server.";
