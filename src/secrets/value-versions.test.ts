import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { canMount, mountReadOnly } from '../../test/support/small-disk.ts';
import { keptVersions, outlivesProcess, processVersions } from './value-versions.ts';

const PROGRAM = resolve(import.meta.dirname, '../../test/support/version-program.ts');
const START_MS = 1_500;

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(homedir(), '.versions-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const keyFile = (): string => join(directory, 'secret-versions.key');
const kept = (): ReturnType<typeof keptVersions> => keptVersions(directory, systemRandom);

describe('the version of a value whose provider has none', () => {
  it('changes with the value, and contains nothing of it', async () => {
    const versions = kept();
    const [one, again, other] = [
      await versions.of('hunter2'),
      await versions.of('hunter2'),
      await versions.of('hunter3'),
    ];
    expect([again === one, other === one, one.includes('hunter2')]).toEqual([true, false, false]);
    expect(outlivesProcess(one)).toBe(true);
  });

  it('is the same in processes that begin at the same time, with a key of the directory', async () => {
    const at = String(Date.now() + START_MS);
    const started = Array.from({ length: 3 }, () =>
      promisify(execFile)(process.execPath, [PROGRAM, directory, at]),
    );
    const versions = (await Promise.all(started)).map(({ stdout }) => stdout);
    expect(new Set([...versions, await kept().of('a value')]).size).toBe(1);
    expect(readdirSync(directory)).toEqual(['secret-versions.key']);
    expect((statSync(keyFile()).mode & 0o777).toString(8)).toBe('600');
  });

  it('has the key of another process that was first while this one made its own', async () => {
    const theirs = Buffer.alloc(32, 'k');
    const second = keptVersions(directory, {
      ...systemRandom,
      uuid: () => {
        writeFileSync(keyFile(), theirs, { mode: 0o600 });
        return systemRandom.uuid();
      },
    });
    const version = await second.of('a value');
    expect([version, readFileSync(keyFile())]).toEqual([await kept().of('a value'), theirs]);
  });

  it('is another one in another state directory', async () => {
    const one = await kept().of('a value');
    rmSync(keyFile());
    expect(await kept().of('a value')).not.toBe(one);
  });

  it('does not contain the key', async () => {
    const version = await kept().of('a value');
    const key = readFileSync(keyFile());
    for (const form of ['hex', 'base64', 'base64url', 'latin1'] as const)
      expect(version).not.toContain(key.toString(form).slice(0, 8));
  });

  it('is not made with a damaged key, nor with one that others can read', async () => {
    writeFileSync(keyFile(), 'short', { mode: 0o600 });
    await expect(kept().of('a value')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    rmSync(keyFile());
    writeFileSync(keyFile(), Buffer.alloc(32), { mode: 0o644 });
    await expect(kept().of('a value')).rejects.toMatchObject({ code: 'FILE_UNSAFE' });
  });

  it('ends with the process without a state directory', async () => {
    const [one, other] = [processVersions(systemRandom), processVersions(systemRandom)];
    const version = await one.of('a value');
    expect([outlivesProcess(version), (await other.of('a value')) === version]).toEqual([
      false,
      false,
    ]);
  });

  it.runIf(canMount('src/secrets/value-versions'))(
    'ends with the process where the state directory is read-only',
    async () => {
      const unmount = mountReadOnly(directory);
      try {
        expect(outlivesProcess(await kept().of('a value'))).toBe(false);
      } finally {
        unmount();
      }
    },
  );
});
