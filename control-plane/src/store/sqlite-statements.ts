import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/** A statement that writes one object. */
export interface Save<T> {
  readonly sql: string;
  readonly parametersOf: (object: T) => SQLInputValue[];
}

export type Row = Readonly<Record<string, unknown>>;

/** Prepares each SQL text once. */
export class Statements {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  all<T>(sql: string, parameters: readonly SQLInputValue[], map: (row: Row) => T): T[] {
    return this.#prepare(sql)
      .all(...parameters)
      .map((row) => map(row));
  }

  get<T>(sql: string, parameters: readonly SQLInputValue[], map: (row: Row) => T): T | undefined {
    const row = this.#prepare(sql).get(...parameters);
    return row === undefined ? undefined : map(row);
  }

  each(sql: string, parameters: readonly SQLInputValue[]): Iterable<Row> {
    return this.#prepare(sql).iterate(...parameters);
  }

  /** The number of rows changed. */
  run(sql: string, parameters: readonly SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...parameters).changes);
  }

  save<T>({ sql, parametersOf }: Save<T>, object: T): void {
    this.run(sql, parametersOf(object));
  }

  #prepare(sql: string): StatementSync {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }
}

export function bytes(value: unknown): Buffer {
  return Buffer.from(value as Uint8Array);
}

/** Parses JSON text written by this store. */
export function json(value: unknown): unknown {
  return JSON.parse(value as string);
}
