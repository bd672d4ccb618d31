/** What a client accepts (RFC 9110, section 12.5.1). The invariant: a client gets a form that its header allows, or is told which there are. */

interface Range {
  readonly type: string;
  readonly quality: number;
}

/** Ranges of one header that are read; no client sends so many. */
const MAX_RANGES = 100;

/**
 * How much a client wants a media type: 0 (not at all) to 1. Without a header, or with an empty one, it takes everything.
 * @param type e.g. `application/json`
 */
export function quality(header: string | null, type: string): number {
  const ranges = rangesOf(header);
  if (ranges.length === 0) return 1;
  const family = `${type.split("/", 1)[0]!}/*`;
  for (const range of [type, family, "*/*"]) {
    const found = ranges.find((candidate) => candidate.type === range);
    if (found !== undefined) return found.quality;
  }
  return 0;
}

/** Whether the header names the type itself, no range that it is in. */
function names(header: string | null, type: string): boolean {
  return rangesOf(header).some((range) => range.type === type && range.quality > 0);
}

/**
 * Whether to send events: only to a client that names them, and does not want JSON more. A client that takes anything can read JSON,
 * and may not know events.
 */
export function prefersEvents(header: string | null): boolean {
  if (!names(header, EVENTS)) return false;
  return !names(header, JSON_TYPE) || quality(header, EVENTS) >= quality(header, JSON_TYPE);
}

export const EVENTS = "text/event-stream";
export const JSON_TYPE = "application/json";

function rangesOf(header: string | null): Range[] {
  return (header ?? "")
    .split(",", MAX_RANGES)
    .map((range) => {
      const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
      const given = parameters.find((parameter) => /^q\s*=/.test(parameter));
      const value =
        given === undefined ? 1 : Number.parseFloat(given.slice(given.indexOf("=") + 1));
      return { type: type === "*" ? "*/*" : type, quality: value >= 0 && value <= 1 ? value : 1 };
    })
    .filter(({ type }) => type !== "");
}
