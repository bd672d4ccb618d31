/** Questions to a peer that answers them in their order. */
export class Questions<Answer> {
  readonly #open: PromiseWithResolvers<Answer>[] = [];

  /** Resolves with the answer to the question that is now sent. */
  ask(): Promise<Answer> {
    const question = Promise.withResolvers<Answer>();
    this.#open.push(question);
    return question.promise;
  }

  answer(answer: Answer): void {
    this.#open.shift()?.resolve(answer);
  }

  refuse(reason: Error): void {
    this.#open.shift()?.reject(reason);
  }

  /** There will be no more answers. */
  end(reason: Error): void {
    for (const question of this.#open.splice(0)) question.reject(reason);
  }
}
