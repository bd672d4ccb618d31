/** Settings of how users share a runtime. */
import { readSettings } from "../core/check-settings.ts";
import { defaultsOf, type SchemaFor, whole } from "../core/setting-schema.ts";

/** How users share a runtime. In the order of turns all runs without a user count as those of one. */
export interface SharingSettings {
  /**
   * Largest number of runs in this process, at work or waiting for their turn, 1 to 1,000,000. Breach: `rate_limited`. A
   * user who has none is let in up to twice this number.
   * @default 1_024
   */
  readonly max?: number;
  /**
   * Largest number of runs of one user in this process, at work or waiting for their turn, 1 to 1,000,000. Runs without a
   * user have no cap but `max`. Breach: `rate_limited`.
   * @default 256
   */
  readonly maxPerUser?: number;
  /**
   * Shares of users by name, 0.01 to 100: while several wait, a user with 2 computes twice as long as one who is not in it and has 1.
   * @default {}
   */
  readonly weights?: Readonly<Record<string, number>>;
}

export interface ResolvedSharing {
  readonly max: number;
  readonly maxPerUser: number;
  readonly weights: ReadonlyMap<string, number>;
}

export const SHARING: SchemaFor<SharingSettings> = {
  title: "SharingSettings",
  type: "object",
  properties: {
    max: whole(1, 1_000_000, 1_024),
    maxPerUser: whole(1, 1_000_000, 256),
    weights: {
      type: "object",
      additionalProperties: { type: "number", minimum: 0.01, maximum: 100 },
      default: {},
    },
  },
};

/**
 * Checks the settings and fills in the defaults.
 * @throws CodecellError `config_error` naming the setting
 */
export function resolveSharing(given: unknown = {}, path = "sharing"): ResolvedSharing {
  const { weights, ...caps } = {
    ...defaultsOf(SHARING),
    ...readSettings(SHARING, given, path),
  } as Required<SharingSettings>;
  return { ...caps, weights: new Map(Object.entries(weights)) };
}
