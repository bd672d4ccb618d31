/**
 * True for what can name a variable wherever it is read: engines, parsers and TypeScript each know the letters of the
 * Unicode version they were made with, which differ beyond the basic plane.
 */
export function isIdentifier(text: string): boolean {
  return (
    /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(text) && !/[\u{10000}-\u{10ffff}]/u.test(text)
  );
}
