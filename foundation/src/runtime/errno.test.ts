import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ifPresent, isDenied, isErrno, isMissing } from './errno.ts';

const thrownBy = (path: string): Promise<unknown> =>
  readFile(path).catch((thrown: unknown) => thrown);
const withCode = (code: unknown): Error => Object.assign(new Error('failed'), { code });

describe('isErrno', () => {
  it('recognizes an error of the operating system by name', async () => {
    const thrown = await thrownBy('/nonexistent');
    expect(isErrno(thrown, 'ENOENT')).toBe(true);
    expect(isErrno(thrown, 'EEXIST', 'ENOENT')).toBe(true);
    expect(isErrno(thrown, 'EEXIST')).toBe(false);
  });

  it.each([
    ['an error without a code', new Error('ENOENT')],
    ['an error with another kind of code', withCode(2)],
    ['something that is not an error', { code: 'ENOENT' }],
    ['undefined', undefined],
  ])('rejects %s', (_, thrown) => {
    expect(isErrno(thrown, 'ENOENT')).toBe(false);
  });
});

describe('isMissing', () => {
  it('holds for a missing file and for a file below a file', async () => {
    expect(isMissing(await thrownBy('/nonexistent'))).toBe(true);
    expect(isMissing(await thrownBy(`${import.meta.filename}/below`))).toBe(true);
    expect(isMissing(await thrownBy('/'))).toBe(false);
  });
});

describe('ifPresent', () => {
  it('returns what there is, and undefined for a missing file', async () => {
    expect(await ifPresent(readFile(import.meta.filename, 'utf8'))).toContain('ifPresent');
    expect(await ifPresent(readFile('/nonexistent'))).toBeUndefined();
    expect(await ifPresent(readFile(`${import.meta.filename}/below`))).toBeUndefined();
  });

  it('rejects with every other error', async () => {
    await expect(ifPresent(readFile('/'))).rejects.toMatchObject({ code: 'EISDIR' });
  });
});

describe('isDenied', () => {
  it('holds for a missing right and for a read-only file system', () => {
    for (const code of ['EACCES', 'EPERM', 'EROFS']) expect(isDenied(withCode(code))).toBe(true);
    expect(isDenied(withCode('ENOSPC'))).toBe(false);
  });
});
