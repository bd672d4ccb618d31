/** Offsets of time zones for engines without `Intl`. */
import { parseOffset } from "../core/zone-offset.ts";

const MAX_ZONES = 32;
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * What a guest asks about a time zone at an instant: the offset in ms, or with `what` "name" the date with the zone's name, as
 * English `Intl` writes it. Empty for what is no zone or no instant.
 */
export function answerOffset(zone: string, ms: number, what: string): string {
  try {
    const isName = what === "name";
    const text = formatFor(zone, isName ? "long" : "longOffset").format(ms);
    return isName ? text : `${parseOffset(text)}`;
  } catch {
    return "";
  }
}

function formatFor(zone: string, timeZoneName: "long" | "longOffset"): Intl.DateTimeFormat {
  const key = `${timeZoneName} ${zone}`;
  let format = formats.get(key);
  if (format === undefined) {
    if (zone.length > 100) throw new RangeError("no time zone");
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName });
    if (formats.size >= MAX_ZONES) formats.clear();
    formats.set(key, format);
  }
  return format;
}
