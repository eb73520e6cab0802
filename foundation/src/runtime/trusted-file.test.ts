import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTrustedFile } from './trusted-file.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'trusted-'))));
afterEach(() => rmSync(directory, { recursive: true }));

function write(mode: number): string {
  const file = join(directory, 'file');
  writeFileSync(file, 'content');
  chmodSync(file, mode);
  return file;
}

describe.runIf(process.platform !== 'win32')('readTrustedFile', () => {
  it.each([
    ['trusted', 0o600, true],
    ['trusted', 0o644, true],
    ['trusted', 0o664, false],
    ['trusted', 0o646, false],
    ['private', 0o600, true],
    ['private', 0o400, true],
    ['private', 0o640, false],
    ['private', 0o604, false],
    ['private', 0o620, false],
  ] as const)('checks a %s file with mode %o: %s', async (kind, mode, fine) => {
    const reading = readTrustedFile(write(mode), { kind, maxBytes: 100 });
    if (fine) expect((await reading)?.toString()).toBe('content');
    else
      await expect(reading).rejects.toMatchObject({
        code: 'FILE_UNSAFE',
        remedy: expect.stringContaining('chmod') as string,
      });
  });

  it('rejects a file in a directory that others can change, unless the directory is sticky', async () => {
    const file = write(0o600);
    chmodSync(directory, 0o777);
    await expect(readTrustedFile(file, { kind: 'private', maxBytes: 100 })).rejects.toMatchObject({
      code: 'FILE_UNSAFE',
    });
    chmodSync(directory, 0o1777);
    await expect(readTrustedFile(file, { kind: 'private', maxBytes: 100 })).resolves.toBeDefined();
  });

  it('rejects a file if others can change any directory of its path, as named and with links followed', async () => {
    const [named, real] = [join(directory, 'named/below'), join(directory, 'real/below')];
    for (const path of [named, real]) mkdirSync(path, { recursive: true });
    writeFileSync(join(real, 'file'), 'content', { mode: 0o600 });
    symlinkSync(join(real, 'file'), join(named, 'link'));
    const read = (): Promise<Buffer | undefined> =>
      readTrustedFile(join(named, 'link'), { kind: 'trusted', maxBytes: 100 });
    expect((await read())?.toString()).toBe('content');
    for (const path of ['named', 'named/below', 'real', 'real/below']) {
      chmodSync(join(directory, path), 0o777);
      await expect(read()).rejects.toMatchObject({ code: 'FILE_UNSAFE' });
      chmodSync(join(directory, path), 0o755);
    }
  });

  it('returns undefined for a missing file, and rejects a large file and a directory', async () => {
    expect(
      await readTrustedFile(join(directory, 'none'), { kind: 'trusted', maxBytes: 100 }),
    ).toBeUndefined();
    expect(
      await readTrustedFile(join(write(0o600), 'below'), { kind: 'trusted', maxBytes: 100 }),
    ).toBeUndefined();
    await expect(
      readTrustedFile(write(0o600), { kind: 'trusted', maxBytes: 3 }),
    ).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    mkdirSync(join(directory, 'folder'));
    await expect(
      readTrustedFile(join(directory, 'folder'), { kind: 'trusted', maxBytes: 100 }),
    ).rejects.toMatchObject({ code: 'FILE_UNSAFE' });
  });
});
