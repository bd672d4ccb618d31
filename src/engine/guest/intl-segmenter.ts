import * as native from "../../core/primordials.ts";
import { askIntl, localesOf, type Options, optionsOf } from "./intl-door.ts";

interface Segment {
  readonly segment: string;
  readonly index: number;
  readonly input: string;
  readonly isWordLike?: boolean;
}

/** `Intl.Segmenter`: the host returns all segments of a text at once. */
export class Segmenter {
  readonly #locales: readonly string[];
  readonly #options: Options;

  constructor(locales?: unknown, options?: unknown) {
    this.#locales = localesOf(locales);
    this.#options = optionsOf(options, ["localeMatcher", "granularity"]);
    this.resolvedOptions();
  }

  static {
    native.defineProperty(this.prototype, Symbol.toStringTag, {
      value: "Intl.Segmenter",
      configurable: true,
    });
  }

  resolvedOptions(): unknown {
    return askIntl("Segmenter.segment", this.#locales, this.#options);
  }

  segment(text: unknown): object {
    const input = `${text as string}`;
    const found = askIntl("Segmenter.segment", this.#locales, this.#options, input) as Segment[];
    const all = found.map((part) => ({ ...part, input }));
    return {
      *[Symbol.iterator](): Generator<Segment> {
        for (let at = 0; at < all.length; at++) yield all[at]!;
      },
      containing: (index: unknown = 0): Segment | undefined => {
        const place = Math.trunc(+(index as number)) || 0;
        return all.find((part) => place >= part.index && place < part.index + part.segment.length);
      },
    };
  }
}
