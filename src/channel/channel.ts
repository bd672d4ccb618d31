/** Ordered text messages to one peer. */
export interface Channel {
  /**
   * Queue a message. Resolves when there is room for the next one, so a sender that waits cannot fill memory; a sender
   * that does not is still in order. After the channel closed, messages go nowhere.
   */
  send(message: string): Promise<void>;
  /** The one receiver. Messages that came before it was set are kept for it. */
  onMessage(listener: (message: string) => void): void;
  /** How many bytes a message may have from now on; a larger one breaks the protocol. */
  limit(maxBytes: number): void;
  /** Settles when no more messages will come: with an error when the peer broke the protocol. */
  readonly closed: Promise<Error | undefined>;
  close(): void;
}
