/** Who asks: the person or client for whom a program runs. Everything that decides about a call reads it from here. */
export interface Caller {
  /** As the caller of `run` named them. Absent: nobody in particular. */
  readonly user?: string;
  /** The roles that the host vouches for. Absent: none are known. */
  readonly roles?: readonly string[];
}

/** The caller that `user` names. */
export function callerNamed(user: string | undefined): Caller {
  return Object.freeze(user === undefined ? {} : { user });
}
