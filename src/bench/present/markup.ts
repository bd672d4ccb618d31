/** XML and HTML that cannot be broken by the texts in it. */

/** Markup as it is. A text becomes markup only through the tag below, which escapes it. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand between the pieces of a template. */
type Part = string | number | Markup | readonly Markup[];

/** Tag of a template: markup stays what it is, all else is escaped, also for quoted attributes. */
export function markup(pieces: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = pieces[0]!;
  for (const [at, part] of parts.entries()) text += render(part) + pieces[at + 1]!;
  return new Markup(text);
}

/** Nothing, where there may be something. */
export const NOTHING: Markup = new Markup("");

function render(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (typeof part === "number") return `${Math.round(part * 10) / 10}`;
  return typeof part === "string" ? escapeXml(part) : part.map(({ text }) => text).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Characters that XML cannot hold, not even escaped, become the replacement character. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\u{fffd}")
    .replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}
