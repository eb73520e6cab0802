/** A table that cannot be sent with all its foreign keys yet. */
export interface QueuedTable {
  readonly fqn: string;
  /** Size of its request. */
  readonly bytes: number;
}

/**
 * Tables that wait for the targets of their foreign keys: a server rejects a key to a missing
 * table, and adding the keys afterwards costs as much again. Keys may form cycles; then the table
 * that most others wait for goes first.
 */
export class DependencyQueue<T extends QueuedTable> {
  readonly #tables = new Map<string, { readonly table: T; readonly missing: Set<string> }>();
  /** The tables that wait for a table, by its name. */
  readonly #dependents = new Map<string, Set<string>>();
  #bytes = 0;

  get size(): number {
    return this.#tables.size;
  }

  /** Size of all requests in the queue. */
  get bytes(): number {
    return this.#bytes;
  }

  add(table: T, missing: Iterable<string>): void {
    this.#remove(table.fqn);
    const names = new Set(missing);
    this.#tables.set(table.fqn, { table, missing: names });
    this.#bytes += table.bytes;
    for (const name of names)
      this.#dependents.set(name, (this.#dependents.get(name) ?? new Set()).add(table.fqn));
  }

  /**
   * Notes that a table exists on the server; takes and returns the tables that waited for nothing
   * else.
   */
  arrived(fqn: string): readonly T[] {
    const free: T[] = [];
    for (const name of this.#dependents.get(fqn) ?? []) {
      const waiting = this.#tables.get(name);
      waiting?.missing.delete(fqn);
      if (waiting?.missing.size === 0) free.push(waiting.table);
    }
    this.#dependents.delete(fqn);
    for (const { fqn: name } of free) this.#remove(name);
    return free;
  }

  /**
   * Takes the next tables when no other table can arrive: those that wait for no table in the
   * queue, or else the most wanted table of a cycle. Empty when the queue is.
   */
  takeNext(): readonly T[] {
    const independent = [...this.#tables.values()]
      .filter(({ missing }) => ![...missing].some((name) => this.#tables.has(name)))
      .map(({ table }) => table);
    if (independent.length === 0) return this.#takeMostWantedOf(this.#cycle());
    for (const { fqn } of independent) this.#remove(fqn);
    return independent;
  }

  /** Takes the table that most others wait for; empty when the queue is. */
  takeMostWanted(): readonly T[] {
    return this.#takeMostWantedOf([...this.#tables.keys()]);
  }

  /**
   * Names of tables each of which waits for the next, and the last for the first. Every table must
   * wait for another.
   */
  #cycle(): readonly string[] {
    const path: string[] = [];
    let name = this.#tables.keys().next().value;
    while (name !== undefined && !path.includes(name)) {
      path.push(name);
      name = [...this.#tables.get(name)!.missing].find((next) => this.#tables.has(next));
    }
    return name === undefined ? [] : path.slice(path.indexOf(name));
  }

  #takeMostWantedOf(names: readonly string[]): readonly T[] {
    const dependents = (name: string): number => this.#dependents.get(name)?.size ?? 0;
    const chosen = names.reduce<string | undefined>(
      (best, name) => (best === undefined || dependents(name) > dependents(best) ? name : best),
      undefined,
    );
    if (chosen === undefined) return [];
    const { table } = this.#tables.get(chosen)!;
    this.#remove(chosen);
    return [table];
  }

  #remove(fqn: string): void {
    const waiting = this.#tables.get(fqn);
    if (waiting === undefined) return;
    this.#tables.delete(fqn);
    this.#bytes -= waiting.table.bytes;
    for (const name of waiting.missing) this.#dependents.get(name)?.delete(fqn);
  }
}
