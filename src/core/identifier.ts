/**
 * True for a name that every engine, every parser and TypeScript accept as a variable. Each knows the letters of the Unicode
 * version it was built with, and these versions differ beyond the basic plane.
 */
export function isIdentifier(text: string): boolean {
  return (
    /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(text) && !/[\u{10000}-\u{10ffff}]/u.test(text)
  );
}
