/**
 * The host port, the only way out of the VM: a synchronous host function of primitives that returns text or nothing.
 *
 * | kind     | id      | name           | text                      | answer                                        |
 * | -------- | ------- | -------------- | ------------------------- | --------------------------------------------- |
 * | `call`   | call id | `server\ntool` | arguments, wire text      | – (later `receive("answer", id, …)`)          |
 * | `digest` | call id | `SHA-256` …    | the bytes in base64       | – (later `receive("answer", id, …)`: base64)  |
 * | `timer`  | timer   | `start`        | delay in ms               | – (later `receive("timer", id, "")`)          |
 * | `timer`  | timer   | `clear`        | –                         | –                                             |
 * | `log`    | –       | level          | text                      | –                                             |
 * | `names`  | –       | –              | server name or empty      | JSON of a part of the name table              |
 * | `member` | –       | –              | `x` of `tools.x`          | a meaning, see meanings.ts                    |
 * | `module` | –       | –              | specifier                 | a meaning                                     |
 * | `export` | –       | specifier      | name of the export        | a meaning                                     |
 * | `callee` | –       | first argument of `callTool` | –           | a meaning                                     |
 * | `callee of` | –    | first argument | second argument           | a meaning                                     |
 * | `random` | count   | –              | –                         | base64 of that many random bytes              |
 * | `url`    | –       | `parse`        | JSON `[url, base?]`       | JSON of the URL's parts, empty when invalid   |
 * | `url`    | –       | `set`          | JSON `[href, part, text]` | JSON of the URL's parts                       |
 * | `size`   | –       | –              | any text                  | its bytes as UTF-8, as text                   |
 * | `now`    | –       | –              | –                         | milliseconds since 1970, as text              |
 * | `rejected` | count | –              | JSON of the error, if one | –                                             |
 * | `handled` | –      | –              | JSON of the error         | –                                             |
 * | `given up` | –     | –              | call ids with commas      | –                                             |
 * | `unawaited` | –    | `server\ntool` or empty | what was read of its promise, line break, stack | –           |
 * | `intl`   | –       | class.method   | wire text of its request  | JSON, see intl-service.ts                     |
 * | `compare`| length  | collator       | two texts as one          | -1, 0 or 1, empty when it cannot be told      |
 * | `offset` | time    | time zone      | `name` or empty           | the zone's offset in ms, or its name          |
 * | `value`  | run     | –              | the value, wire text      | – (the run is over)                           |
 * | `throw`  | run     | –              | JSON of the error         | – (the run is over)                           |
 */
export type Send = (kind: string, id: number, name: string, text: string) => string | undefined;

let installed: Send | undefined;

/** Sets the host port. Called once, before any program runs. */
export function installHostPort(port: Send): void {
  installed = port;
}

export function send(kind: string, id: number, name: string, text: string): string {
  return installed!(kind, id, name, text) ?? "";
}

/** Bytes of a text as UTF-8, counted by the host: a loop over megabytes of characters takes QuickJS seconds. */
export function sizeOutside(text: string): number {
  return +send("size", 0, "", text);
}
