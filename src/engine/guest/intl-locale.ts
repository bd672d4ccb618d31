import { LOCALE_OPTIONS } from "../../core/intl-classes.ts";
import * as native from "../../core/primordials.ts";
import { askIntl, optionsOf } from "./intl-door.ts";

interface Parts extends Readonly<Record<string, unknown>> {
  readonly tag: string;
  readonly maximized: string;
  readonly minimized: string;
}

/** `Intl.Locale`, whose parts the host reads once. */
export class Locale {
  readonly #parts: Parts;

  constructor(tag: unknown, options?: unknown) {
    if (typeof tag !== "string" && (typeof tag !== "object" || tag === null))
      throw new TypeError("a locale is a text, e.g. 'en-GB'");
    const read = optionsOf(options, LOCALE_OPTIONS);
    this.#parts = askIntl("Locale.parts", [`${tag as string}`], {}, read) as Parts;
  }

  static {
    for (const name of ["baseName", ...LOCALE_OPTIONS])
      native.defineProperty(this.prototype, name, {
        get(this: Locale) {
          return this.#parts[name];
        },
        configurable: true,
      });
    native.defineProperty(this.prototype, Symbol.toStringTag, {
      value: "Intl.Locale",
      configurable: true,
    });
  }

  maximize(): Locale {
    return new Locale(this.#parts.maximized);
  }

  minimize(): Locale {
    return new Locale(this.#parts.minimized);
  }

  toString(): string {
    return this.#parts.tag;
  }
}
