const LINES_BEFORE = 2;
const WIDTH = 120;

/**
 * The line at a 1-based position with up to two lines before it, numbered, and a caret under the column. Long lines are
 * cut, and control characters become spaces.
 */
export function codeFrame(source: string, line: number, column: number): string {
  const lines = source.split(/\r\n|[\r\n]/);
  const from = Math.max(1, line - LINES_BEFORE);
  const digits = String(line).length;
  const shift = Math.max(0, column - WIDTH + 20);
  const shown = lines.slice(from - 1, line).map((text, at) => {
    const number = from + at;
    const part = text.slice(shift, shift + WIDTH).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ");
    return `${number === line ? ">" : " "} ${String(number).padStart(digits)} | ${part}`;
  });
  return [
    ...shown,
    `  ${" ".repeat(digits)} | ${" ".repeat(Math.max(0, column - 1 - shift))}^`,
  ].join("\n");
}
