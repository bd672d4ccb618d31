/** The classes of `Intl` that programs have on an engine without it: their options, and what of them crosses. */

const DIGITS = [
  "minimumIntegerDigits",
  "minimumFractionDigits",
  "maximumFractionDigits",
  "minimumSignificantDigits",
  "maximumSignificantDigits",
  "roundingIncrement",
  "roundingMode",
  "roundingPriority",
  "trailingZeroDisplay",
];
const UNITS = [
  "years",
  "months",
  "weeks",
  "days",
  "hours",
  "minutes",
  "seconds",
  "milliseconds",
  "microseconds",
  "nanoseconds",
];
const DATE_OPTIONS = [
  "localeMatcher",
  "calendar",
  "numberingSystem",
  "hour12",
  "hourCycle",
  "timeZone",
  "weekday",
  "era",
  "year",
  "month",
  "day",
  "dayPeriod",
  "hour",
  "minute",
  "second",
  "fractionalSecondDigits",
  "timeZoneName",
  "formatMatcher",
  "dateStyle",
  "timeStyle",
];

interface IntlClass {
  /** All options that are read. */
  readonly options: readonly string[];
  /** All methods that cross. */
  readonly methods: readonly string[];
}

export type IntlClassName = keyof typeof INTL_CLASSES;

const FORMATS = ["format", "formatToParts", "formatRange", "formatRangeToParts"];

export const INTL_CLASSES = {
  NumberFormat: {
    options: [
      "localeMatcher",
      "numberingSystem",
      "style",
      "currency",
      "currencyDisplay",
      "currencySign",
      "unit",
      "unitDisplay",
      "notation",
      "compactDisplay",
      "useGrouping",
      "signDisplay",
      ...DIGITS,
    ],
    methods: FORMATS,
  },
  DateTimeFormat: { options: DATE_OPTIONS, methods: FORMATS },
  Collator: {
    options: [
      "localeMatcher",
      "usage",
      "sensitivity",
      "ignorePunctuation",
      "numeric",
      "caseFirst",
      "collation",
    ],
    methods: [],
  },
  PluralRules: {
    options: ["localeMatcher", "type", ...DIGITS],
    methods: ["select", "selectRange"],
  },
  RelativeTimeFormat: {
    options: ["localeMatcher", "numberingSystem", "style", "numeric"],
    methods: ["format", "formatToParts"],
  },
  ListFormat: {
    options: ["localeMatcher", "type", "style"],
    methods: ["format", "formatToParts"],
  },
  DisplayNames: {
    options: ["localeMatcher", "style", "type", "languageDisplay", "fallback"],
    methods: ["of"],
  },
  DurationFormat: {
    options: [
      "localeMatcher",
      "numberingSystem",
      "style",
      "fractionalDigits",
      ...UNITS,
      ...UNITS.map((unit) => `${unit}Display`),
    ],
    methods: ["format", "formatToParts"],
  },
} as const satisfies Readonly<Record<string, IntlClass>>;

/** Options of `Intl.Locale`, which are its properties too. */
export const LOCALE_OPTIONS = [
  "language",
  "script",
  "region",
  "calendar",
  "collation",
  "hourCycle",
  "caseFirst",
  "numeric",
  "numberingSystem",
] as const;

/** Methods of values that take locales and options. */
export const DATE_METHODS = ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"] as const;
export { DATE_OPTIONS };

const DATE = { year: "numeric", month: "numeric", day: "numeric" } as const;
const TIME = { hour: "numeric", minute: "numeric", second: "numeric" } as const;

/** What these methods write where the options ask for nothing. */
export const DATE_FIELDS = {
  toLocaleString: { ...DATE, ...TIME },
  toLocaleDateString: DATE,
  toLocaleTimeString: TIME,
} as const;

/** The locale where a program names none: the same in every place, whatever the language of its host. */
export const DEFAULT_LOCALE = "en-US";

/** Longest text of one request, in characters. */
export const MAX_INTL_TEXT = 65_536;

/** In place of the length of the first of two texts to compare: both are sent as a list in JSON. */
export const AS_JSON = -1;
