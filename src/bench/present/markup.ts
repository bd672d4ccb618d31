/** XML and HTML in which inserted texts are always escaped. */

/** Markup that is not escaped again. Foreign text must become markup through the tag below, which escapes it. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A value that a template may contain. */
type Part = string | number | Markup | readonly Markup[];

/** Template tag: inserts markup unchanged and escapes everything else, also for quoted attributes. */
export function markup(pieces: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = pieces[0]!;
  for (const [at, part] of parts.entries()) text += render(part) + pieces[at + 1]!;
  return new Markup(text);
}

/** Empty markup, for optional parts. */
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
