/** The person or client for whom a program runs. Everything that decides about a call reads it from here. */
export interface Caller {
  /** As given to `run`. Absent for an anonymous caller. */
  readonly user?: string;
  /** The roles that the host has verified. Absent where none are known. */
  readonly roles?: readonly string[];
}

/** The caller that `user` names. */
export function callerNamed(user: string | undefined): Caller {
  return Object.freeze(user === undefined ? {} : { user });
}
