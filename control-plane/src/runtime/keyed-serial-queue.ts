/** Runs work with the same key one piece at a time, in the order in which it was submitted. */
export class KeyedSerialQueue {
  /** The last work of each key that has some. */
  readonly #last = new Map<string, Promise<unknown>>();

  /** Settles as `work` does. A failure does not stop later work. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const result = (this.#last.get(key) ?? Promise.resolve()).then(work);
    const settled = result
      .catch(() => undefined)
      .finally(() => {
        if (this.#last.get(key) === settled) this.#last.delete(key);
      });
    this.#last.set(key, settled);
    return result;
  }
}
