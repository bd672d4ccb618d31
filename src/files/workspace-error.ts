/** A failed operation, with a message in Node's wording: `ENOENT: no such file or directory, open '/a'`. */
export class WorkspaceError extends Error {
  override readonly name = "WorkspaceError";
  /** `ENOENT`, `EEXIST`, `ENOTDIR`, `EISDIR`, `ENOTEMPTY`, `ENOSPC`, `ENAMETOOLONG`, `EINVAL` */
  readonly code: string;

  constructor(code: string, what: string, operation: string, path: string) {
    super(`${code}: ${what}, ${operation} '${path.slice(0, 200)}'`);
    this.code = code;
  }
}
