/**
 * Which columns of a table keep which property of an object. Statements that write it, their
 * parameters and the way back from a row follow from one list.
 */
import type { SQLInputValue } from 'node:sqlite';
import { bytes, json, type Row, type Save } from './sqlite-statements.ts';

/** Keeps one property in one or more columns: what each of them gets, by name. */
export interface Column<V> {
  readonly write: Readonly<Record<string, (value: V) => SQLInputValue>>;
  readonly read: (row: Row) => V;
}

/** A value that SQLite takes as it is. */
export function plain<V extends string | number | null>(name: string): Column<V> {
  return { write: { [name]: (value) => value }, read: (row) => row[name] as V };
}

export function flag(name: string): Column<boolean> {
  return { write: { [name]: (value) => (value ? 1 : 0) }, read: (row) => row[name] === 1 };
}

export function blob(name: string): Column<Buffer> {
  return { write: { [name]: (value) => value }, read: (row) => bytes(row[name]) };
}

export function optionalBlob(name: string): Column<Buffer | null> {
  const read = (row: Row): Buffer | null => (row[name] === null ? null : bytes(row[name]));
  return { write: { [name]: (value) => value }, read };
}

/** JSON text. */
export function document<V>(name: string): Column<V> {
  return {
    write: { [name]: (value) => JSON.stringify(value) },
    read: (row) => json(row[name]) as V,
  };
}

export function optionalDocument<V>(name: string): Column<V | null> {
  return {
    write: { [name]: (value) => (value === null ? null : JSON.stringify(value)) },
    read: (row) => (row[name] === null ? null : (json(row[name]) as V)),
  };
}

/** One column of a table, with the property that it is of. */
interface Cell<T> {
  readonly key: keyof T;
  readonly name: string;
  readonly write: (value: T[keyof T]) => SQLInputValue;
}

/** The columns of a table that has one row for each object. */
export class Columns<T extends object> {
  readonly #table: string;
  readonly #cells: readonly Cell<T>[];
  readonly #reads: readonly (readonly [key: keyof T, read: (row: Row) => T[keyof T]])[];

  constructor(table: string, columns: { readonly [K in keyof T]-?: Column<T[K]> }) {
    const all = Object.entries(columns) as [keyof T, Column<T[keyof T]>][];
    this.#table = table;
    this.#reads = all.map(([key, { read }]) => [key, read]);
    this.#cells = all.flatMap(([key, column]) =>
      Object.entries(column.write).map(([name, write]) => ({ key, name, write })),
    );
  }

  /** The object of a whole row. */
  readonly read = (row: Row): T => {
    const object: Partial<T> = {};
    for (const [key, read] of this.#reads) object[key] = read(row);
    return object as T;
  };

  insert(): Save<T> {
    const names = this.#cells.map(({ name }) => name).join(', ');
    const places = this.#cells.map(() => '?').join(', ');
    const sql = `INSERT INTO ${this.#table} (${names}) VALUES (${places})`;
    return { sql, parametersOf: parametersOf(this.#cells) };
  }

  /** Inserts a row, or changes the one with the same `key`: all of it, or only `changing`. */
  upsert(key: readonly (keyof T)[], changing?: readonly (keyof T)[]): Save<T> {
    const keys = this.#of(key);
    const changed = changing
      ? this.#of(changing)
      : this.#cells.filter((cell) => !keys.includes(cell));
    const conflict = keys.map(({ name }) => name).join(', ');
    const changes = changed.map(({ name }) => `${name} = excluded.${name}`).join(', ');
    const insert = this.insert();
    return { ...insert, sql: `${insert.sql} ON CONFLICT (${conflict}) DO UPDATE SET ${changes}` };
  }

  /** Changes the row with the same `key`, if there is one. */
  update(key: readonly (keyof T)[], changing: readonly (keyof T)[]): Save<T> {
    const [keys, changed] = [this.#of(key), this.#of(changing)];
    const changes = changed.map(({ name }) => `${name} = ?`).join(', ');
    const condition = keys.map(({ name }) => `${name} = ?`).join(' AND ');
    const sql = `UPDATE ${this.#table} SET ${changes} WHERE ${condition}`;
    return { sql, parametersOf: parametersOf([...changed, ...keys]) };
  }

  #of(keys: readonly (keyof T)[]): readonly Cell<T>[] {
    return this.#cells.filter(({ key }) => keys.includes(key));
  }
}

function parametersOf<T>(cells: readonly Cell<T>[]): (object: T) => SQLInputValue[] {
  return (object) => cells.map(({ key, write }) => write(object[key]));
}
