import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { openSqliteStore } from '../src/store/sqlite.ts';
import { storeContract } from './store.contract.ts';
import { temporaryFolder } from './stage.ts';

storeContract('SQLite', () => {
  const folder = temporaryFolder();
  return { open: () => openSqliteStore(join(folder.path, 'store.sqlite')), remove: () => folder.remove() };
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
