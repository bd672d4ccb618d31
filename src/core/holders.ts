/**
 * Who needs a handle: it keeps this process alive while there is anybody. Each holder releases what it took itself and
 * nothing else, so that none of them lets a process end in which another one still waits.
 */
export class Holders {
  readonly #setHeld: (held: boolean) => void;
  #count = 0;

  /** @param setHeld references the handle (true) or stops doing so (false); nobody else may */
  constructor(setHeld: (held: boolean) => void) {
    this.#setHeld = setHeld;
  }

  /** Adds a holder. Returns the function that releases it; a second call of that has no effect. */
  take(): () => void {
    if (this.#count++ === 0) this.#setHeld(true);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (--this.#count === 0) this.#setHeld(false);
    };
  }
}
