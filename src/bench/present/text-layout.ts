/** Lays out texts in a drawing. Without a browser they cannot be measured, so the widest common font is assumed. */
import { isInvisible, isWide, oneLine } from "./columns.ts";
import { type Markup, markup } from "./markup.ts";
import { TEXTS, type TextStyle } from "./theme.ts";

/** Share of the line height above the baseline. */
const BASELINE = 0.76;
const BOLD = 1.13;

/** Widths in em of DejaVu Sans and Verdana. */
const WIDTHS: readonly (readonly [chars: RegExp, em: number])[] = [
  [/[iljI.,:;'|! ]/, 0.35],
  [/[ftr()[\]/·-]/, 0.42],
  [/[mwMW%@—…+=<>≤≥≈~×→]/, 1],
  [/[\p{Lu}&]/u, 0.79],
];

/** Upper estimate of the width, in px. */
export function textWidth(text: string, style: TextStyle): number {
  let em = 0;
  for (const char of text) em += charWidth(char);
  return em * TEXTS[style].size * (TEXTS[style].bold ? BOLD : 1);
}

function charWidth(char: string): number {
  if (isInvisible(char)) return 0;
  if (isWide(char)) return 1.4;
  return WIDTHS.find(([chars]) => chars.test(char))?.[1] ?? (char < "\u0250" ? 0.645 : 1.1);
}

/** Breaks a text into lines of at most `width` px: at spaces and within names like `a/b-c`, otherwise anywhere. */
export function wrapText(text: string, width: number, style: TextStyle): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of oneLine(text)
    .split(/(?<=[\s/_,-])/u)
    .flatMap((each) => breakWord(each, width, style))) {
    if (line !== "" && textWidth((line + word).trimEnd(), style) > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += word;
  }
  return [...lines, line.trimEnd()].filter((each) => each !== "");
}

function breakWord(word: string, width: number, style: TextStyle): string[] {
  if (textWidth(word.trimEnd(), style) <= width) return [word];
  const pieces = [""];
  for (const char of word) {
    if (textWidth(pieces.at(-1)! + char, style) > width && pieces.at(-1) !== "") pieces.push("");
    pieces[pieces.length - 1] += char;
  }
  return pieces;
}

/** Height of the lines, in px. */
export function textHeight(lines: readonly string[], style: TextStyle): number {
  return lines.length * TEXTS[style].line;
}

/** Lines below each other; `y` is the top of the first, `x` their left end, middle or right end. */
export function drawText(
  lines: readonly string[],
  x: number,
  y: number,
  style: TextStyle,
  anchor: "start" | "middle" | "end" = "start",
): Markup {
  const { line } = TEXTS[style];
  const at = (index: number): number => y + (index + BASELINE) * line;
  return markup`${lines.map(
    (text, index) =>
      markup`<text class="${style}" x="${x}" y="${at(index)}" text-anchor="${anchor}">${text}</text>`,
  )}`;
}
