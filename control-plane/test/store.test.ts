import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../src/store/migrations.ts';
import { openSqliteStore } from '../src/store/sqlite.ts';
import { auditHeadContract } from './store-audit-heads.contract.ts';
import { storeCatalogContract } from './store-catalog.contract.ts';
import { openMetadataContract } from './store-openmetadata.contract.ts';
import type { StoreStage } from './store-fixtures.ts';
import { storeRelayContract } from './store-relay.contract.ts';
import { storeRunsContract } from './store-runs.contract.ts';
import { storeContract } from './store.contract.ts';
import { storeSchedulesContract } from './store-schedules.contract.ts';
import { temporaryFolder } from './stage.ts';

const openSqliteStage = (): StoreStage => {
  const folder = temporaryFolder();
  return {
    open: () => openSqliteStore(join(folder.path, 'store.sqlite')),
    remove: () => folder.remove(),
  };
};

storeContract('SQLite', openSqliteStage);
storeRunsContract('SQLite', openSqliteStage);
storeCatalogContract('SQLite', openSqliteStage);
storeSchedulesContract('SQLite', openSqliteStage);
openMetadataContract(openSqliteStage);
auditHeadContract('SQLite', openSqliteStage);
storeRelayContract(openSqliteStage);

it('migrates a file of the first schema with its contents', async () => {
  const folder = temporaryFolder();
  const path = join(folder.path, 'store.sqlite');
  const database = new DatabaseSync(path);
  database.exec(`${MIGRATIONS[0]!}; PRAGMA user_version = 1`);
  database.exec(
    "INSERT INTO entities VALUES ('s', 'table', 's.a', 'a', NULL, NULL, NULL, 0, '{}', 'run_1', 1, 1, 5)",
  );
  database.close();
  const store = openSqliteStore(path);
  expect(await store.read.entities.table('s.a')).toMatchObject({
    properties: {},
    seenBy: 'run_1',
    seenAt: 5,
    deletedAt: null,
  });
  await store.close();
  folder.remove();
});

it('migrates the runs of an older control plane in every state', async () => {
  const folder = temporaryFolder();
  const path = join(folder.path, 'store.sqlite');
  const database = new DatabaseSync(path);
  const before = MIGRATIONS.findIndex((sql) => sql.includes('last_epoch'));
  database.exec(`${MIGRATIONS.slice(0, before).join(';')}; PRAGMA user_version = ${before}`);
  const statuses = [
    { state: 'queued', notBefore: 5 },
    { state: 'offered', runnerId: 'r', answerBy: 5 },
    { state: 'running', runnerId: 'r', leaseUntil: 5 },
  ];
  for (const [index, status] of statuses.entries()) {
    database
      .prepare(
        "INSERT INTO runs (id, kind, service, workflow, state, status, attempt, epoch, queued_at, refused_by) VALUES (?, 'metadata', 's', '{}', ?, ?, 2, 7, 1, '[]')",
      )
      .run(`run_${index}`, status.state, JSON.stringify(status));
  }
  database.close();
  const store = openSqliteStore(path);
  expect(await store.read.runs.active()).toMatchObject([
    {
      epoch: 7,
      lastEpoch: 7,
      lastFailure: null,
      status: { ...statuses[0], retryAt: null, left: null, absence: null },
    },
    { lastEpoch: 7, status: { ...statuses[1], bootId: '', left: null } },
    { lastEpoch: 7, status: { ...statuses[2], bootId: '' } },
  ]);
  await store.close();
  folder.remove();
});

it('puts runners and services of an older control plane into the default pool and any pool', async () => {
  const folder = temporaryFolder();
  const path = join(folder.path, 'store.sqlite');
  const database = new DatabaseSync(path);
  const before = MIGRATIONS.findIndex((sql) => sql.includes('schedules'));
  database.exec(`${MIGRATIONS.slice(0, before).join(';')}; PRAGMA user_version = ${before}`);
  database.exec(`
    INSERT INTO runners (id, name, public_key, version, platform, enrolled_at)
    VALUES ('rnr_1', 'r', x'00', '1', 'p', 1);
    INSERT INTO tokens VALUES (x'01', NULL, 9, NULL);
    INSERT INTO services (name, type, connection, updated_at) VALUES ('s', 'Salesforce', '{}', 1);
    INSERT INTO runs (id, kind, service, pipeline, workflow, state, status, attempt, epoch, queued_at,
      refused_by)
    VALUES ('run_1', 'metadata', 's', 'p', '{}', 'failed', '{"state":"failed"}', 1, 1, 1, '[]')`);
  database.close();
  const store = openSqliteStore(path);
  expect(await store.read.runners.get('rnr_1')).toMatchObject({ pool: 'default' });
  expect(await store.transaction((tx) => tx.tokens.find(Buffer.from([1])))).toMatchObject({
    pool: 'default',
  });
  expect(await store.read.definitions.service('s')).toMatchObject({ pool: null, origin: null });
  expect(await store.read.runs.get('run_1')).toMatchObject({ pool: null, slot: null });
  expect(await store.read.schedules.list()).toEqual([]);
  await store.close();
  folder.remove();
});

it('keeps the states of catalogs of an older control plane', async () => {
  const folder = temporaryFolder();
  const path = join(folder.path, 'store.sqlite');
  const database = new DatabaseSync(path);
  const before = MIGRATIONS.findIndex((sql) => sql.includes('last_generation'));
  database.exec(`${MIGRATIONS.slice(0, before).join(';')}; PRAGMA user_version = ${before}`);
  database.exec(`
    INSERT INTO catalog_states
      (service, revision, drawn, newest, vouched, writer, written_from, keeper)
    VALUES ('s', 'r', 4, 3, 2, 1, 'q', 'k'), ('t', '', 0, 0, 0, NULL, NULL, NULL)`);
  database.close();
  const store = openSqliteStore(path);
  expect(await store.read.catalogStates.get('s')).toEqual({
    service: 's',
    revision: 'r',
    lastGeneration: 4,
    newestGeneration: 3,
    completedGeneration: 2,
    writer: { generation: 1, from: 'q' },
    keeper: 'k',
  });
  expect(await store.read.catalogStates.get('t')).toMatchObject({ writer: null, keeper: null });
  await store.close();
  folder.remove();
});

it('rejects a file of a newer control plane', () => {
  const folder = temporaryFolder();
  const path = join(folder.path, 'store.sqlite');
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 9999');
  database.close();
  expect(() => openSqliteStore(path)).toThrow('newer control plane');
  folder.remove();
});

describe('rejects a damaged file with a remedy', () => {
  const refusal = expect.objectContaining({
    code: 'STORE_DAMAGED',
    remedy: expect.stringContaining('backup'),
  });

  async function store(): Promise<{ readonly path: string; remove(): void }> {
    const folder = temporaryFolder();
    const path = join(folder.path, 'store.sqlite');
    const opened = openSqliteStore(path);
    for (let index = 0; index < 200; index++) {
      await opened.transaction((tx) =>
        tx.records.append(`run_${index}`, 1, 1, [{ kind: 'log', line: 'x'.repeat(500) }]),
      );
    }
    await opened.close();
    return { path, remove: () => folder.remove() };
  }

  it.each([
    [
      'file that is not a database',
      (bytes: Buffer) =>
        Buffer.from('not a database, but long enough to have a header'.padEnd(bytes.length, '.')),
    ],
    [
      'file with corrupted pages',
      (bytes: Buffer) =>
        bytes.fill(0xa5, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 8192),
    ],
    ['truncated file', (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length / 2))],
    ['file without its first page', (bytes: Buffer) => bytes.fill(0, 0, 4096)],
  ])('%s', async (_name, harm) => {
    const made = await store();
    writeFileSync(made.path, harm(readFileSync(made.path)));
    expect(thrownBy(() => openSqliteStore(made.path))).toEqual(refusal);
    made.remove();
  });

  it('file of another program', () => {
    const folder = temporaryFolder();
    const path = join(folder.path, 'store.sqlite');
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE bookmarks (url TEXT)');
    database.close();
    expect(thrownBy(() => openSqliteStore(path))).toEqual(refusal);
    folder.remove();
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}
