/** The function table of the engine's file, which it does not export: hooks of QuickJS that are C functions have to be in it. */

const HEADER_BYTES = 8;
const EXPORTS = 7;
const TABLE = 1;
/** The name under which the table is exported. */
export const TABLE_NAME = "codecell.table";

/** The same WebAssembly module with its table among its exports (WebAssembly specification, "Export Section"). */
export function exportTable(module: Uint8Array): Uint8Array<ArrayBuffer> {
  for (let at = HEADER_BYTES; at < module.length;) {
    const size = readNumber(module, at + 1);
    const end = size.end + size.value;
    if (module[at] === EXPORTS) return replaced(module, at, end, withTable(module, size.end, end));
    at = end;
  }
  throw new Error("this QuickJS build exports nothing");
}

/** @returns the section of exports */
function withTable(module: Uint8Array, start: number, end: number): number[] {
  const count = readNumber(module, start);
  const name = new TextEncoder().encode(TABLE_NAME);
  const content = [
    ...writeNumber(count.value + 1),
    ...module.subarray(count.end, end),
    ...[name.length, ...name, TABLE, 0],
  ];
  return [EXPORTS, ...writeNumber(content.length), ...content];
}

function replaced(
  module: Uint8Array,
  start: number,
  end: number,
  section: readonly number[],
): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(module.length - (end - start) + section.length);
  made.set(module.subarray(0, start));
  made.set(section, start);
  made.set(module.subarray(end), start + section.length);
  return made;
}

/** LEB128, as WebAssembly writes its numbers. */
function readNumber(
  bytes: Uint8Array,
  at: number,
): { readonly value: number; readonly end: number } {
  let value = 0;
  let end = at;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[end++]!;
    value |= (byte & 127) << shift;
    if (byte < 128) return { value, end };
  }
}

function writeNumber(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...writeNumber(value >>> 7)];
}
