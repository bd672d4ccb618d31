/** Ordered text messages to one peer. */
export interface Channel {
  /**
   * Queue a message. Resolves when there is room for the next one, so a sender that waits cannot fill memory; a sender
   * that does not is still in order. After the channel closed, messages go nowhere.
   */
  send(message: string): Promise<void>;
  /**
   * The one receiver. Messages that came before it was set are kept for it. One that throws breaks the channel, which
   * closes with what was thrown: that is how a receiver refuses a message, and no message can end this process.
   */
  onMessage(listener: (message: string) => void): void;
  /** How many bytes a message may have from now on; a larger one breaks the protocol. */
  limit(maxBytes: number): void;
  /** Settles when no more messages will come: with an error when the peer broke the protocol. */
  readonly closed: Promise<Error | undefined>;
  /** No more messages are received or sent. */
  close(): void;
}

/** What a listener threw, as an error of the channel. */
export function listenerError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error("a message could not be handled");
}
