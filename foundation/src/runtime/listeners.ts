/** Functions that are called with each event, in the order in which they were added. */
export class Listeners<Event> {
  readonly #entries = new Set<{ readonly listener: (event: Event) => void }>();

  /** Returns a function that removes the listener. */
  add(listener: (event: Event) => void): () => void {
    const entry = { listener };
    this.#entries.add(entry);
    return () => void this.#entries.delete(entry);
  }

  notify(event: Event): void {
    for (const { listener } of this.#entries) listener(event);
  }
}
