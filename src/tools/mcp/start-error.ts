/** Why a connection was not made. */
export class StartError extends Error {
  /** The kind of failure, in words that hold nothing of this host: for programs, models and clients. */
  readonly kind: string;

  /** @param message for whoever runs codecell */
  constructor(message: string, kind: string) {
    super(message);
    this.kind = kind;
  }
}
