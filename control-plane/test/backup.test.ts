import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../src/store/sqlite.ts';
import { temporaryFolder } from './stage.ts';

const PROGRAM = resolve(import.meta.dirname, '../../packaging/control-plane/backup.js');

let folder: ReturnType<typeof temporaryFolder>;
let data: string;
beforeEach(async () => {
  folder = temporaryFolder();
  data = join(folder.path, 'data');
  mkdirSync(data);
  await openSqliteStore(join(data, 'store.sqlite')).close();
  writeFileSync(join(data, 'openmetadata.key'), 'key of sealed tokens\n', { mode: 0o600 });
  writeFileSync(join(data, 'admin-token'), 'token\n', { mode: 0o600 });
});
afterEach(() => folder.remove());

function backUp(...args: readonly string[]): {
  readonly code: number | null;
  readonly said: string;
} {
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
  return { code: status, said: stderr };
}

describe('backup of a control plane', () => {
  it('keeps the key of sealed tokens apart from the store', () => {
    const [target, key] = [join(folder.path, 'backup'), join(folder.path, 'apart.key')];
    expect(backUp('--key', key, target, data)).toEqual({ code: 0, said: '' });
    expect(existsSync(join(target, 'store.sqlite'))).toBe(true);
    expect(existsSync(join(target, 'admin-token'))).toBe(true);
    expect(existsSync(join(target, 'openmetadata.key'))).toBe(false);
    expect(readFileSync(key, 'utf8')).toBe('key of sealed tokens\n');
    expect(statSync(key).mode & 0o777).toBe(0o600);
  });

  it('says so when the key is beside the store', () => {
    const target = join(folder.path, 'backup');
    const { code, said } = backUp(target, data);
    expect([code, said]).toEqual([0, expect.stringContaining('--key FILE keeps it apart')]);
    expect(existsSync(join(target, 'openmetadata.key'))).toBe(true);
  });

  it.each([
    [['--key', 'backup/openmetadata.key'], 'is within'],
    [['--key', 'data/admin-token'], 'exists; name a file that does not'],
    [['--key', 'nowhere/apart.key'], 'failed to write'],
    [['--quiet'], 'usage: '],
  ])('rejects %j', ([option, file], words) => {
    const target = join(folder.path, 'backup');
    const value = file === undefined ? [] : [join(folder.path, file)];
    const { code, said } = backUp(option!, ...value, target, data);
    expect([code, said]).toEqual([2, expect.stringContaining(words)]);
    expect(existsSync(target)).toBe(false);
  });
});
