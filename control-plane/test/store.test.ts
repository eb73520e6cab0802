import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { MIGRATIONS } from '../src/store/migrations.ts';
import { openSqliteStore } from '../src/store/sqlite.ts';
import { storeContract } from './store.contract.ts';
import { temporaryFolder } from './stage.ts';

storeContract('SQLite', () => {
  const folder = temporaryFolder();
  return { open: () => openSqliteStore(join(folder.path, 'store.sqlite')), remove: () => folder.remove() };
});

it('brings a file of the first schema to the present one, with what is in it', async () => {
  const folder = temporaryFolder();
  const path = join(folder.path, 'store.sqlite');
  const database = new DatabaseSync(path);
  database.exec(`${MIGRATIONS[0]!}; PRAGMA user_version = 1`);
  database.exec("INSERT INTO entities VALUES ('s', 'table', 's.a', 'a', NULL, NULL, NULL, 0, '{}', 'run_1', 1, 1, 5)");
  database.close();
  const store = openSqliteStore(path);
  expect(await store.read.entities.table('s.a')).toMatchObject({ properties: {}, seenBy: 'run_1', seenAt: 5, deletedAt: null });
  await store.close();
  folder.remove();
});

it('refuses a file that a newer control plane wrote', () => {
  const folder = temporaryFolder();
  const path = join(folder.path, 'store.sqlite');
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 9999');
  database.close();
  expect(() => openSqliteStore(path)).toThrow('newer control plane');
  folder.remove();
});
