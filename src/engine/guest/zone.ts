/**
 * The time zone of programs. Invariant: a program's local times are those of the zone that its run was given, never the host's;
 * so it gives the same answers in every place.
 */
import * as native from "../../core/primordials.ts";
import { parseOffset, ZoneOffsets } from "../../core/zone-offset.ts";
import { send } from "./host-port.ts";

const UTC = "UTC";
let zone = UTC;
let offsets: ZoneOffsets | undefined;
/** The engine's formatter that names the zone, made at first use. */
let nameFormat: unknown;

/** Sets the zone, an IANA name that the host has checked. */
export function useZone(name: string): void {
  if (name === zone) return;
  zone = name;
  nameFormat = undefined;
  offsets = name === UTC ? undefined : new ZoneOffsets(askerFor(name));
}

export function zoneName(): string {
  return zone;
}

/** The offset of the zone at an instant, in ms. */
export function offsetAt(ms: number): number {
  return offsets === undefined ? 0 : offsets.at(ms);
}

/** The instant of a local time. */
export function toUtc(local: number): number {
  return offsets === undefined ? local : offsets.toUtc(local);
}

type Format = (format: unknown, ms: number) => string;

const NativeFormat = typeof Intl === "undefined" ? undefined : Intl.DateTimeFormat;
export const formatOf: Format | undefined =
  NativeFormat === undefined
    ? undefined
    : (format, ms) => (native.reflectApply(getFormat!, format, []) as (ms: number) => string)(ms);
const getFormat =
  NativeFormat === undefined
    ? undefined
    : Object.getOwnPropertyDescriptor(NativeFormat.prototype, "format")!.get;

function askerFor(name: string): (ms: number) => number {
  if (NativeFormat === undefined) return (ms) => +send("offset", ms, name, "");
  let format: unknown;
  return (ms) => {
    format ??= new NativeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
    return parseOffset(formatOf!(format, ms));
  };
}

const LONG_NAME = /^[^,]*, (.*)$/;

/** The name of the zone at an instant, as `Date.prototype.toString` has it. */
export function longZoneName(ms: number): string {
  if (zone === UTC) return "Coordinated Universal Time";
  return native.execPattern(LONG_NAME, nameText(ms))?.[1] ?? zone;
}

function nameText(ms: number): string {
  if (NativeFormat === undefined) return send("offset", ms, zone, "name");
  nameFormat ??= new NativeFormat("en-US", { timeZone: zone, timeZoneName: "long" });
  return formatOf!(nameFormat, ms);
}
