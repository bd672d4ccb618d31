/** The engine's `Temporal` on the program's clock, in its time zone and in the default locale, where a program names none. */
import { now } from "./clock.ts";
import { define } from "./define.ts";
import { withLocale, withZone, wrapMethod } from "./intl-native.ts";
import { localeChooser } from "./locale-choice.ts";
import { zoneName } from "./zone.ts";

type InZone = Record<string, () => unknown>;

interface Classes extends Readonly<Record<string, { readonly prototype: object }>> {}

interface Temporal {
  readonly Now: object;
  readonly Instant: {
    readonly prototype: object;
    fromEpochMilliseconds(ms: number): { toZonedDateTimeISO(zone: unknown): InZone };
  };
}

/** What is written as it is, in no other zone. */
const ZONELESS = [
  "PlainDate",
  "PlainDateTime",
  "PlainTime",
  "PlainYearMonth",
  "PlainMonthDay",
  "ZonedDateTime",
  "Duration",
];
const dateLocales = typeof Intl === "undefined" ? undefined : localeChooser(Intl.DateTimeFormat);
let isInstalled = false;

/** Called before a program that names it: engines make `Temporal` when it is first read, and that takes them a while. */
export function installTemporal(): void {
  if (isInstalled) return;
  isInstalled = true;
  try {
    const { Temporal } = globalThis as unknown as { Temporal?: Temporal };
    if (Temporal !== undefined) onClockAndZone(Temporal);
  } catch {
    // An earlier program of the session has put its own there.
  }
}

function onClockAndZone(Temporal: Temporal): void {
  const { Now, Instant } = Temporal;
  const classes = Temporal as unknown as Classes;
  wrapMethod(Instant.prototype, "toLocaleString", withZone(dateLocales!));
  for (let at = 0; at < ZONELESS.length; at++)
    wrapMethod(classes[ZONELESS[at]!]!.prototype, "toLocaleString", withLocale(dateLocales!));
  const { fromEpochMilliseconds } = Instant;
  const instant = (): { toZonedDateTimeISO(zone: unknown): InZone } => fromEpochMilliseconds(now());
  const inZone = (zone: unknown = zoneName()): InZone => instant().toZonedDateTimeISO(zone);
  define(Now, "instant", instant);
  define(Now, "timeZoneId", () => zoneName());
  define(Now, "zonedDateTimeISO", inZone);
  define(Now, "plainDateTimeISO", (zone?: unknown) => inZone(zone)["toPlainDateTime"]!());
  define(Now, "plainDateISO", (zone?: unknown) => inZone(zone)["toPlainDate"]!());
  define(Now, "plainTimeISO", (zone?: unknown) => inZone(zone)["toPlainTime"]!());
}
