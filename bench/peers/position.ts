/** Where a failure was, as far as the product's own text tells it. */

/** The first position in `file` that `text`, usually a stack, names. Nothing is corrected: this is what a user sees. */
export function positionIn(
  text: string | undefined,
  file: string,
): { line?: number; column?: number } {
  const found = new RegExp(`${RegExp.escape(file)}:(\\d+)(?::(\\d+))?`).exec(text ?? "");
  if (found === null) return {};
  const [, line, column] = found;
  return { line: Number(line), ...(column === undefined ? {} : { column: Number(column) }) };
}
