import * as native from "../../core/primordials.ts";
import { askIntl, localesOf, type Options, optionsOf } from "./intl-door.ts";

interface Segment {
  readonly segment: string;
  readonly index: number;
  readonly input: string;
  readonly isWordLike?: boolean;
}

/** `Intl.Segmenter`: the host returns the segments of a text, some thousands at a time. */
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
    const all: Segment[] = [];
    for (let start = 0; start < input.length;) {
      const rest = native.sliceText(input, start);
      const found = askIntl("Segmenter.segment", this.#locales, this.#options, rest) as Segment[];
      for (let at = 0; at < found.length; at++)
        all.push({ ...found[at]!, index: found[at]!.index + start, input });
      const last = all[all.length - 1]!;
      start = last.index + last.segment.length;
    }
    return {
      *[Symbol.iterator](): Generator<Segment> {
        for (let at = 0; at < all.length; at++) yield all[at]!;
      },
      containing: (index: unknown = 0): Segment | undefined => {
        const place = native.trunc(+(index as number)) || 0;
        return all.find((part) => place >= part.index && place < part.index + part.segment.length);
      },
    };
  }
}
