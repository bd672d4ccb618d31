/** What keeps this process alive while it is open: a child process, a pipe. In Bun a child's standard input never does, and has no such methods. */
export interface Handle {
  ref?(): unknown;
  unref?(): unknown;
}

/** Lets the handles keep this process alive, or no longer. */
export function keepAlive(handles: readonly (Handle | null | undefined)[], held: boolean): void {
  for (const handle of handles)
    if (held) handle?.ref?.();
    else handle?.unref?.();
}
