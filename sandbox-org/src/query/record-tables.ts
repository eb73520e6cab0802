import { recordId, recordIndex, sameId, toLongId } from '../org/ids.ts';
import type { Field, ObjectEntry } from '../org/model.ts';
import type { Org } from '../org/org.ts';
import { randomFor } from '../org/random.ts';
import { recordValue, type RecordPlaces } from './record-values.ts';
import type { Cell, QueryResult, Row, Schema, Table } from './table.ts';

const TOTALS_KEPT = 500;
const UNQUERYABLE = new Set(['event', 'changeEvent']);

/** Fixed values of a record, by column. */
export type KnownValues = Readonly<Record<string, Cell>>;

/**
 * The org's records, generated from the seed on demand. Organization and the integration user have
 * fixed values.
 */
export class RecordTables implements RecordPlaces {
  readonly #org: Org;
  readonly #known: Readonly<Record<string, KnownValues>>;

  readonly #totals = new Map<string, QueryResult>();
  /** Of the org, when the totals were computed. */
  #revision = 0;

  /** `known` holds the first record of some objects. */
  constructor(org: Org, known: Readonly<Record<string, KnownValues>>) {
    this.#org = org;
    this.#known = known;
  }

  find(name: string): Table | undefined {
    const entry = this.#org.find(name);
    if (!entry || UNQUERYABLE.has(entry.kind)) return undefined;
    const count = this.count(entry.name);
    const row = (index: number): Row => this.#row(entry, index);
    return {
      schema: this.#schema(entry),
      restricted: false,
      totals: this.#currentTotals(),
      *rows() {
        for (let index = 0; index < count; index++) yield row(index);
      },
    };
  }

  keyPrefix(object: string): string | null {
    return this.#org.find(object)?.keyPrefix ?? null;
  }

  /** Number of records: few for most objects, thousands for some, one for Organization. */
  count(object: string): number {
    if (object === 'Organization') return 1;
    const entry = this.#org.find(object);
    if (!entry) return 0;
    const random = randomFor(`${this.#org.seed}:count:${entry.name}`);
    if (BUSY.has(entry.name)) return random.int(2_500, 9_000);
    return entry.name === 'User'
      ? 240
      : Math.min(5_000, Math.floor(Math.exp(4 + random.normal() * 1.5)));
  }

  /** The record with this id, or undefined. */
  byId(entry: ObjectEntry, id: string): Row | undefined {
    if (entry.name === 'Organization')
      return sameId(id, toLongId(this.#org.id)) ? this.#row(entry, 0) : undefined;
    const index = recordIndex(id);
    return id.startsWith(entry.keyPrefix ?? '?') && index >= 0 && index < this.count(entry.name)
      ? this.#row(entry, index)
      : undefined;
  }

  #currentTotals(): Map<string, QueryResult> {
    const { revision } = this.#org;
    if (revision !== this.#revision || this.#totals.size > TOTALS_KEPT) this.#totals.clear();
    this.#revision = revision;
    return this.#totals;
  }

  #schema(entry: ObjectEntry): Schema {
    const fields = this.#org.fields(entry.name);
    const byName = new Map(fields.map((field) => [field.traits.name.toLowerCase(), field]));
    return {
      type: entry.name,
      column: (name) => byName.get(name.toLowerCase())?.traits.name,
      relation: (name) => {
        const field = relationField(fields, name);
        const target = field && this.#org.find(field.traits.referenceTo?.[0] ?? '');
        return field && target
          ? { name: field.traits.relationshipName ?? name, schema: this.#schema(target) }
          : undefined;
      },
      columns: () => fields.map((field) => field.traits.name),
    };
  }

  #row(entry: ObjectEntry, index: number): Row {
    const key = `${this.#org.seed}:${entry.name}`;
    const fields = this.#org.fields(entry.name);
    const known = index === 0 ? this.#known[entry.name] : undefined;
    const id =
      entry.name === 'Organization'
        ? toLongId(this.#org.id)
        : recordId(entry.keyPrefix ?? '000', index);
    return {
      type: entry.name,
      id,
      cell: (column) => {
        if (column === 'Id') return id;
        if (known && column in known) return known[column] ?? null;
        const field = fieldsByName(fields).get(column);
        return field ? (field.content ?? recordValue(key, field.traits, index, this)) : null;
      },
      related: (relation) => {
        const field = relationField(fields, relation);
        const target = field ? recordValue(key, field.traits, index, this) : null;
        return typeof target === 'string'
          ? this.#byPrefix(field?.traits.referenceTo ?? [], target)
          : null;
      },
    };
  }

  #byPrefix(candidates: readonly string[], id: string): Row | null {
    const entry = candidates
      .map((name) => this.#org.find(name))
      .find((candidate) => candidate?.keyPrefix === id.slice(0, 3));
    return entry ? this.#row(entry, recordIndex(id)) : null;
  }
}

const BUSY = new Set(['Account', 'Contact', 'Opportunity', 'Case', 'Task']);

const byName = new WeakMap<readonly Field[], ReadonlyMap<string, Field>>();

function fieldsByName(fields: readonly Field[]): ReadonlyMap<string, Field> {
  const known = byName.get(fields);
  if (known) return known;
  const made = new Map(fields.map((field) => [field.traits.name, field]));
  byName.set(fields, made);
  return made;
}

function relationField(fields: readonly Field[], relation: string): Field | undefined {
  return fields.find(
    ({ traits }) => traits.relationshipName?.toLowerCase() === relation.toLowerCase(),
  );
}
