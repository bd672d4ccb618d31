/** Too short or too common to be secret; replacing them would garble every message. */
const HARMLESS = /^(?:.{0,3}|true|false|null|none|\d{1,5})$/is;

/** A function that takes `secrets` out of a text. Parts of them count too: `Bearer abc` hides `abc`. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const parts = secrets.flatMap((secret) => [secret, ...secret.split(/\s+/)]);
  const values = [...new Set(parts)]
    .filter((value) => !HARMLESS.test(value))
    .filter((value) => !/^(?:bearer|basic|token)$/i.test(value));
  // Longest first, so that nothing is left of one that contains another.
  values.sort((a, b) => b.length - a.length);
  return (text) => values.reduce((left, value) => left.replaceAll(value, "[redacted]"), text);
}
