/** Position of a failure, from the text of the product. */

/** The first position in `file` within `text`, usually a stack; not corrected, because a user sees the same. */
export function positionIn(
  text: string | undefined,
  file: string,
): { line?: number; column?: number } {
  const found = new RegExp(`${RegExp.escape(file)}:(\\d+)(?::(\\d+))?`).exec(text ?? "");
  if (found === null) return {};
  const [, line, column] = found;
  return { line: Number(line), ...(column === undefined ? {} : { column: Number(column) }) };
}
