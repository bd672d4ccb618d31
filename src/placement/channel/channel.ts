/** Gets a message: its text, and the bytes that came with it. */
export type Receiver = (text: string, bytes?: Uint8Array) => void;

/** Ordered messages to and from one peer: a text each, and bytes where a message is large and no text. */
export interface Channel {
  /**
   * Queues a message. Resolves when the next one can be sent: a sender that waits for it cannot fill the memory. The order is
   * kept in either case. Messages after the channel has closed are dropped.
   * @param bytes must not change any more
   */
  send(text: string, bytes?: Uint8Array): Promise<void>;
  /**
   * Sets the only receiver. It also gets the messages that came before. If it throws, the channel closes with that error: so a
   * receiver can reject a message, and no message can end this process.
   * @param gate judges every message before the receiver gets it; by default all are received
   */
  onMessage(listener: Receiver, gate?: Gate): void;
  /**
   * Sets the largest size of the messages that follow; a larger one breaks the protocol.
   * @param maxBytes of the text and the bytes that come with it
   * @param maxTextBytes of the text, which is read in one step; by default the same
   */
  limit(maxBytes: number, maxTextBytes?: number): void;
  /** Settles when no more messages will come: with an error when the peer broke the protocol. */
  readonly closed: Promise<Error | undefined>;
  /** Ends the channel: no more messages are received or sent. */
  close(): void;
}

/**
 * Judges a message before any work is done on it: by its first characters ({@link START_CHARACTERS}) and its size. False drops it
 * unread. If it throws, the channel closes with that error. Where the message is still to come, nothing more is read from the
 * peer until a promise has settled.
 */
export type Gate = (start: string, bytes: number) => boolean | Promise<boolean>;

/** Characters of a message that its gate gets: more than the longest name of a type of message. */
export const START_CHARACTERS = 32;

/** An exception of a listener as an error of the channel. */
export function listenerError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error("a message could not be handled");
}
