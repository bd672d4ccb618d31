/** The type of a result that stays on the host, for the checker only: models read the documentation of it. */
export const KEPT_TYPE = `
  type KeptRow<T> = T extends readonly (infer R)[] ? R : any;
  type KeptSlice<T> = 0 extends 1 & T ? any : T extends string ? string : KeptRow<T>[];
  type KeptFilter<R> = { readonly [K in keyof R]?: Extract<R[K], string | number | boolean | bigint | null> };
  /** A result that stays on the host. */
  interface KeptResult<T> {
    count(): Promise<number>;
    slice(start?: number, end?: number): Promise<KeptSlice<T>>;
    filter(equal: KeptFilter<KeptRow<T>>): Promise<KeptResult<KeptRow<T>[]>>;
    get(): Promise<T>;
    get<K extends keyof T & (string | number)>(key: K): Promise<T[K]>;
    get(...path: (string | number)[]): Promise<any>;
    at<K extends keyof T & (string | number)>(key: K): Promise<KeptResult<T[K]>>;
    at(...path: (string | number)[]): Promise<KeptResult<any>>;
    close(): Promise<void>;
    [Symbol.asyncIterator](): AsyncIterator<KeptRow<T>>;
    [Symbol.asyncDispose](): Promise<void>;
    [Symbol.dispose](): void;
  }
  /** A tool of which the program names nothing. */
  interface AnyTool { (...args: any[]): Promise<any>; handle(...args: any[]): Promise<KeptResult<any>> }`;

/** The type of a tool. @param forms its parameter lists, without parentheses */
export function toolType(forms: readonly string[], result: string): string {
  const calls = forms.map((form) => `(${form}): Promise<${result}>`);
  const handles = forms.map((form) => `(${form}): Promise<KeptResult<${result}>>`);
  return `{ ${calls.join("; ")}; readonly handle: { ${handles.join("; ")} } }`;
}
