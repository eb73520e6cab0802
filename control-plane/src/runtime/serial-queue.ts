/** Runs work one piece at a time, in the order in which it was submitted. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Settles as `work` does. A failure does not stop later work. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** A serial queue for each key; a key without work takes no memory. */
export class KeyedSerialQueue {
  readonly #queues = new Map<string, { readonly queue: SerialQueue; pending: number }>();

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const entry = this.#queues.get(key) ?? { queue: new SerialQueue(), pending: 0 };
    this.#queues.set(key, entry);
    entry.pending++;
    try {
      return await entry.queue.run(work);
    } finally {
      if (--entry.pending === 0) this.#queues.delete(key);
    }
  }
}
