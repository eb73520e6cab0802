/** What is known of a table that cannot be sent with all its foreign keys yet. */
export interface Waiting {
  readonly fqn: string;
  /** Bytes of its request. */
  readonly bytes: number;
}

/**
 * Tables that wait for those that their foreign keys lead to: a server refuses a key to a table that it does not have, and to
 * give a table its keys afterwards costs it as much again. Keys run in circles, so somebody has to decide now and then who
 * goes first: whoever most others wait for.
 */
export class WaitingTables<T extends Waiting> {
  readonly #tables = new Map<string, { readonly table: T; readonly missing: Set<string> }>();
  /** Who waits for a table, by its name. */
  readonly #wanted = new Map<string, Set<string>>();
  #bytes = 0;

  get size(): number {
    return this.#tables.size;
  }

  /** Of all requests that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  add(table: T, missing: Iterable<string>): void {
    this.#take(table.fqn);
    const names = new Set(missing);
    this.#tables.set(table.fqn, { table, missing: names });
    this.#bytes += table.bytes;
    for (const name of names)
      this.#wanted.set(name, (this.#wanted.get(name) ?? new Set()).add(table.fqn));
  }

  /** A table has come to the server: the answer is whoever waits for nothing any more. */
  arrived(fqn: string): readonly T[] {
    const free: T[] = [];
    for (const name of this.#wanted.get(fqn) ?? []) {
      const waiting = this.#tables.get(name);
      waiting?.missing.delete(fqn);
      if (waiting?.missing.size === 0) free.push(waiting.table);
    }
    this.#wanted.delete(fqn);
    for (const { fqn: name } of free) this.#take(name);
    return free;
  }

  /** When no table comes any more: those that wait for none of the others, or else the most wanted of a circle. Empty when none waits. */
  next(): readonly T[] {
    const hopeless = [...this.#tables.values()]
      .filter(({ missing }) => ![...missing].some((name) => this.#tables.has(name)))
      .map(({ table }) => table);
    if (hopeless.length === 0) return this.#mostWantedOf(this.#circle());
    for (const { fqn } of hopeless) this.#take(fqn);
    return hopeless;
  }

  /** The one that most others wait for; empty when none waits. */
  mostWanted(): readonly T[] {
    return this.#mostWantedOf([...this.#tables.keys()]);
  }

  /** Names of tables each of which waits for the next, and the last for the first, where each waits for another that is here. */
  #circle(): readonly string[] {
    const path: string[] = [];
    let name = this.#tables.keys().next().value;
    while (name !== undefined && !path.includes(name)) {
      path.push(name);
      name = [...this.#tables.get(name)!.missing].find((next) => this.#tables.has(next));
    }
    return name === undefined ? [] : path.slice(path.indexOf(name));
  }

  #mostWantedOf(names: readonly string[]): readonly T[] {
    const wanted = (name: string): number => this.#wanted.get(name)?.size ?? 0;
    const chosen = names.reduce<string | undefined>(
      (best, name) => (best === undefined || wanted(name) > wanted(best) ? name : best),
      undefined,
    );
    if (chosen === undefined) return [];
    const { table } = this.#tables.get(chosen)!;
    this.#take(chosen);
    return [table];
  }

  #take(fqn: string): void {
    const waiting = this.#tables.get(fqn);
    if (waiting === undefined) return;
    this.#tables.delete(fqn);
    this.#bytes -= waiting.table.bytes;
    for (const name of waiting.missing) this.#wanted.get(name)?.delete(fqn);
  }
}
