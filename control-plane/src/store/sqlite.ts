import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { ControlPlaneError } from '../errors.ts';
import { MIGRATIONS } from './migrations.ts';
import { catalogTables } from './sqlite-catalog.ts';
import { catalogStateTable } from './sqlite-catalog-states.ts';
import { entityTables } from './sqlite-entities.ts';
import { lineageTable } from './sqlite-lineage.ts';
import { recordTables } from './sqlite-records.ts';
import { runTables } from './sqlite-runs.ts';
import { runnerTables, tokenTable } from './sqlite-runners.ts';
import { settingTable } from './sqlite-settings.ts';
import { Statements } from './sqlite-statements.ts';
import type { Store, Transaction } from './store.ts';

/**
 * A store in one file (mode 0600), opened and brought to the present schema. Writes go through one connection, one
 * transaction after the other, flushed at each commit; reads through another that sees committed state only.
 */
export function openSqliteStore(path: string): Store {
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
  const writer = open(path);
  migrate(writer);
  const reader = open(path);
  reader.exec('PRAGMA query_only = ON');
  const tables = tablesOf(writer);
  let turn: Promise<unknown> = Promise.resolve();
  return {
    read: tablesOf(reader),
    transaction: (work) => {
      const result = turn.then(() => inTransaction(writer, () => work(tables)));
      turn = result.catch(() => undefined);
      return result;
    },
    close: async () => {
      await turn;
      reader.close();
      writer.close();
    },
  };
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5000 });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  return database;
}

function tablesOf(database: DatabaseSync): Transaction {
  const statements = new Statements(database);
  return {
    tokens: tokenTable(statements), runners: runnerTables(statements), catalog: catalogTables(statements),
    runs: runTables(statements), records: recordTables(statements), entities: entityTables(statements),
    lineage: lineageTable(statements), catalogStates: catalogStateTable(statements), settings: settingTable(statements),
  };
}

async function inTransaction<T>(database: DatabaseSync, work: () => Promise<T>): Promise<T> {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = await work();
    database.exec('COMMIT');
    return result;
  } catch (thrown) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw thrown;
  }
}

function migrate(database: DatabaseSync): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > MIGRATIONS.length) throw new ControlPlaneError('CONFLICT', 'the store was written by a newer control plane', { remedy: 'Start that version, or use another data folder.' });
  MIGRATIONS.slice(version).forEach((sql, index) => {
    database.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${version + index + 1}; COMMIT`);
  });
}
