/** A tool that holds its callers until it is opened: the test decides what happens first, not the clock. */
export class Gate {
  /** Calls so far. */
  arrived = 0;
  readonly #opened = Promise.withResolvers<void>();

  /** The tool: gives back its argument, once the gate is open. */
  readonly wait = async (value: unknown): Promise<unknown> => {
    this.arrived++;
    await this.#opened.promise;
    return value;
  };

  open(): void {
    this.#opened.resolve();
  }
}
