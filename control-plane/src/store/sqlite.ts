import { chmodSync, closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { ControlPlaneError } from '../runtime/errors.ts';
import { CommittedRuns } from './committed-runs.ts';
import { type Gather, GroupCommit } from './group-commit.ts';
import { MIGRATIONS } from './migrations.ts';
import { auditHeadTable } from './sqlite-audit-heads.ts';
import { definitionTables } from './sqlite-definitions.ts';
import { catalogStateTable } from './sqlite-catalog-states.ts';
import { entityTables } from './sqlite-entities.ts';
import { lineageTable } from './sqlite-lineage.ts';
import { recordTables } from './sqlite-records.ts';
import { deploymentTable, endpointTable } from './sqlite-openmetadata.ts';
import { relayTable } from './sqlite-relays.ts';
import { RunnerList } from './runner-list.ts';
import { SavedRuns } from './saved-runs.ts';
import { allActiveRuns, runReads, runTables, updateRun } from './sqlite-runs.ts';
import { allRunners, runnerReads, runnerTables, tokenTable } from './sqlite-runners.ts';
import { scheduleTable } from './sqlite-schedules.ts';
import { signatureTable } from './sqlite-signatures.ts';
import { settingTable } from './sqlite-settings.ts';
import { Statements } from './sqlite-statements.ts';
import type { Store, StoreReader, Transaction } from './store.ts';

/** SQLITE_CORRUPT and SQLITE_NOTADB, by the low byte of SQLite's result code. */
const DAMAGE: ReadonlySet<number> = new Set([11, 26]);

export interface SqliteOptions {
  /** See GroupCommit. */
  readonly gather?: Gather;
}

/**
 * Opens a store in one file (mode 0600), checks it and migrates it to the current schema. Throws
 * STORE_DAMAGED for a file that fails SQLite's check or that another program wrote. Writes use one
 * connection, flushed at each commit. Reads use another connection, which sees only committed
 * state.
 */
export function openSqliteStore(path: string, { gather }: SqliteOptions = {}): Store {
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
  const writer = openChecked(path);
  const reader = open(path);
  reader.exec('PRAGMA query_only = ON');
  const reads = new Statements(reader);
  const writes = new Statements(writer);
  const version = (): number => versionOf(writes);
  const committedRuns = new CommittedRuns(() => allActiveRuns(reads), version);
  const savedRuns = new SavedRuns(committedRuns, (run) => updateRun(writes, run));
  const runners = new RunnerList(() => allRunners(reads), version);
  const tables = transactionOf(writes, savedRuns, runners);
  const transactions = new GroupCommit(writer, [savedRuns, runners], gather);
  return {
    read: readerOf(reads, committedRuns, runners),
    transaction: (work) => transactions.run(() => work(tables)),
    close: async () => {
      await transactions.idle();
      reader.close();
      writer.close();
    },
  };
}

function openChecked(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = open(path);
    check(database, path);
    migrate(database);
    return database;
  } catch (thrown) {
    database?.close();
    throw isDamage(thrown)
      ? damaged(path, thrown instanceof Error ? thrown.message : String(thrown))
      : thrown;
  }
}

/** Reads every page once, so that damage is found at the start and not during a run. */
function check(database: DatabaseSync, path: string): void {
  const [found] = database.prepare('PRAGMA quick_check(1)').all();
  if (found?.['quick_check'] !== 'ok') throw damaged(path, String(found?.['quick_check']));
  const { tables } = database
    .prepare("SELECT COUNT(*) AS tables FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")
    .get() as { tables: number };
  if (tables > 0 && schemaVersion(database) === 0)
    throw damaged(path, 'the file belongs to another program');
}

function schemaVersion(database: DatabaseSync): number {
  return (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}

function isDamage(thrown: unknown): boolean {
  return (
    thrown instanceof Error &&
    'errcode' in thrown &&
    typeof thrown.errcode === 'number' &&
    DAMAGE.has(thrown.errcode % 256)
  );
}

function damaged(path: string, problem: string): ControlPlaneError {
  return new ControlPlaneError('STORE_DAMAGED', `store ${path} is damaged: ${problem}`);
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 5000 });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  return database;
}

/** Changes with each commit of another connection, such as that of a command. */
function versionOf(statements: Statements): number {
  return statements.get('PRAGMA data_version', [], (row) => row['data_version'] as number)!;
}

function transactionOf(statements: Statements, runs: SavedRuns, runners: RunnerList): Transaction {
  return {
    ...commonTables(statements),
    runners: runnerTables(statements, runners),
    runs: runTables(statements, runs),
  };
}

function readerOf(statements: Statements, runs: CommittedRuns, runners: RunnerList): StoreReader {
  return {
    ...commonTables(statements),
    runners: runnerReads(statements, runners),
    runs: runReads(statements, runs),
  };
}

function commonTables(statements: Statements): Omit<Transaction, 'runners' | 'runs'> {
  return {
    tokens: tokenTable(statements),
    definitions: definitionTables(statements),
    records: recordTables(statements),
    entities: entityTables(statements),
    lineage: lineageTable(statements),
    catalogStates: catalogStateTable(statements),
    settings: settingTable(statements),
    schedules: scheduleTable(statements),
    signatures: signatureTable(statements),
    auditHeads: auditHeadTable(statements),
    endpoints: endpointTable(statements),
    deployments: deploymentTable(statements),
    relays: relayTable(statements),
  };
}

/**
 * All steps in one transaction: a step that fails leaves the version before, which the program
 * before still opens, and a new store waits for the disk once.
 */
function migrate(database: DatabaseSync): void {
  const version = schemaVersion(database);
  if (version > MIGRATIONS.length)
    throw new ControlPlaneError('CONFLICT', 'store was written by a newer control plane', {
      remedy: 'Start the newer version, or use another data folder.',
    });
  if (version === MIGRATIONS.length) return;
  const steps = MIGRATIONS.slice(version).join(';\n');
  database.exec(`BEGIN IMMEDIATE; ${steps}; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
}
