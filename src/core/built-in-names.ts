/**
 * Names of globals that servers cannot take: what JavaScript and every VM has, and what other hosts of JavaScript have, of which
 * a program is told what to use instead.
 */
const NAMES: ReadonlySet<string> = new Set(
  (
    "AggregateError Array ArrayBuffer AsyncDisposableStack Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date " +
    "DisposableStack Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function Infinity Int16Array " +
    "Int32Array Int8Array Intl Iterator JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp " +
    "Set SharedArrayBuffer String SuppressedError Symbol SyntaxError Temporal TypeError URIError Uint16Array Uint32Array " +
    "Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly arguments decodeURI decodeURIComponent encodeURI " +
    "encodeURIComponent escape eval globalThis isFinite isNaN parseFloat parseInt undefined unescape " +
    "AbortController AbortSignal CustomEvent DOMException Event EventTarget URL URLSearchParams TextEncoder TextDecoder " +
    "structuredClone atob btoa setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate queueMicrotask " +
    "crypto console performance ToolError tools fs resources prompts ask global callTool mcpClient " +
    "listToolCategories listTools getToolSpec searchTools loadToolCategory loadToolAPI fetch Headers Request Response " +
    "Buffer exports module process require self window document navigator"
  ).split(" "),
);

/** Whether a word is a global already, or could be taken for one. */
export function isBuiltIn(word: string): boolean {
  return NAMES.has(word) || word in Object.prototype;
}
