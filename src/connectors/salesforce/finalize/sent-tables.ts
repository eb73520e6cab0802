import type { RollUp } from '../mapping/field-properties.ts';
import type { Table } from '../mapping/table.ts';

/**
 * What the records after the tables need to know of the tables that this run has built, by object
 * name.
 */
export class SentTables {
  readonly #columns = new Map<string, number>();
  readonly #rollUps = new Map<string, ReadonlyMap<string, RollUp>>();
  /** Names of objects by name and by label, in lower case; a list if there are several. */
  readonly #byNameOrLabel = new Map<string, string | readonly string[]>();
  readonly #partial = new Set<string>();
  readonly #cutPicklists: string[] = [];

  /** `partial`: a transient error withheld a part of the table. */
  add(object: string, { request, properties }: Table, partial: boolean): void {
    const columns = Object.entries(properties.columns ?? {});
    if (partial) this.#partial.add(object);
    this.#columns.set(object, request.columns.length);
    for (const [name, { picklist }] of columns)
      if (picklist?.total !== undefined) this.#cutPicklists.push(`${object}.${name}`);
    const rollUps = columns.flatMap(([name, { rollUp }]): [string, RollUp][] =>
      rollUp === undefined ? [] : [[name, rollUp]],
    );
    if (rollUps.length > 0) this.#rollUps.set(object, new Map(rollUps));
    const label = request.displayName ?? object;
    for (const called of new Set([object.toLowerCase(), label.toLowerCase()])) {
      const others = this.#byNameOrLabel.get(called);
      this.#byNameOrLabel.set(called, others === undefined ? object : [others, object].flat());
    }
  }

  get size(): number {
    return this.#columns.size;
  }

  get objects(): readonly string[] {
    return [...this.#columns.keys()];
  }

  /** Objects with their number of columns. */
  get columns(): ReadonlyMap<string, number> {
    return this.#columns;
  }

  /** Roll-up summaries by object, then by field. */
  get rollUps(): ReadonlyMap<string, ReadonlyMap<string, RollUp>> {
    return this.#rollUps;
  }

  /** Columns whose picklists have more values than were sent. */
  get cutPicklists(): readonly string[] {
    return this.#cutPicklists;
  }

  has(object: string): boolean {
    return this.#columns.has(object);
  }

  isPartial(object: string): boolean {
    return this.#partial.has(object);
  }

  /** Objects with this name or label, in any case. */
  named(nameOrLabel: string): readonly string[] {
    return [this.#byNameOrLabel.get(nameOrLabel.toLowerCase()) ?? []].flat();
  }
}
