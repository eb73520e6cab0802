import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  codeOf,
  filesOf,
  temporaryVault,
  valueIn,
  type TemporaryVault,
} from '../../../test/support/temporary-vault.ts';
import { openVault, type Vault } from './vault.ts';

const signal = new AbortController().signal;
let place: TemporaryVault;
let vault: Vault;
let file: string;
let keyFile: string;

beforeEach(() => {
  place = temporaryVault();
  ({ vault, file, keyFile } = place);
});

const modes = (): string[] =>
  [file, keyFile].map((path) => (statSync(path).mode & 0o777).toString(8));

describe('the vault', () => {
  it('is created with the first secret; vault and key are private and in different directories', async () => {
    expect(await vault.list(signal)).toEqual([]);
    expect(await valueIn(vault, 'a')).toBeUndefined();
    expect(existsSync(dirname(file))).toBe(false);
    await vault.set(['a'], 'first value', signal);
    expect(modes()).toEqual(['600', '600']);
    await vault.set(['a'], 'second value', signal);
    await vault.remove(['a'], signal);
    expect(modes()).toEqual(['600', '600']);
  });

  it('lists references, versions and dates, but no values', async () => {
    await vault.set(['b', 'c'], 'the value of b', signal);
    await vault.set(['a'], 'the value of a', signal);
    await vault.set(['b', 'c'], 'a newer value of b', signal);
    const listed = await vault.list(signal);
    expect(listed).toMatchObject([
      { reference: 'secret:/a', version: 1 },
      { reference: 'secret:/b/c', version: 2 },
    ]);
    expect(Math.abs(Date.now() - Date.parse(listed[0]!.updatedAt))).toBeLessThan(60_000);
    expect(JSON.stringify(listed)).not.toContain('value of');
  });

  it('contains no value and no part of the key in plain text', async () => {
    await vault.set(['a'], 'plain-as-day', signal);
    const text = readFileSync(file, 'latin1');
    const key = readFileSync(keyFile, 'utf8').split(':')[1]!.trim();
    for (const hidden of [
      'plain-as-day',
      Buffer.from('plain-as-day').toString('base64').slice(0, 14),
      key,
      Buffer.from(key, 'base64').toString('hex'),
    ])
      expect(text).not.toContain(hidden);
  });

  it('hides the length of a value', async () => {
    const sizes: number[] = [];
    for (const length of [6, 20, 60]) {
      await vault.set(['a'], 'x'.repeat(length), signal);
      sizes.push(
        (JSON.parse(readFileSync(file, 'utf8')) as { records: { value: string }[] }).records[0]!
          .value.length,
      );
    }
    expect(new Set(sizes).size).toBe(1);
  });

  it.each([
    ['five characters long', 'abcde'],
    ['text with NUL', 'abc\0defgh'],
    ['not well-formed text', 'abc\ud800defgh'],
    ['too large', 'x'.repeat(70_000)],
  ])('rejects a value that is %s', async (_what, text) => {
    expect(await codeOf(vault.set(['a'], text, signal))).toBe('INPUT_INVALID');
    expect(existsSync(file)).toBe(false);
  });

  it('returns whether a value was removed', async () => {
    await vault.set(['a'], 'some value', signal);
    expect([await vault.remove(['a'], signal), await vault.remove(['a'], signal)]).toEqual([
      true,
      false,
    ]);
  });

  it('keeps the previous generation as a complete vault', async () => {
    await vault.set(['a'], 'first value', signal);
    await vault.set(['a'], 'second value', signal);
    const previous = openVault({ file: `${file}.previous`, keyFile });
    await previous.acceptRestored(signal);
    expect(await valueIn(previous, 'a')).toBe('first value');
  });

  it('uses a key file that exists already', async () => {
    await vault.set(['a'], 'first value', signal);
    const key = readFileSync(keyFile);
    rmSync(file);
    await vault.set(['a'], 'other value', signal);
    expect(readFileSync(keyFile)).toEqual(key);
  });
});

describe('a removed value', () => {
  it('is in no file, and does not come back with a later write', async () => {
    await vault.set(['other'], 'other value', signal);
    await vault.set(['gone'], 'removed value', signal);
    await vault.set(['other'], 'newer value', signal);
    await vault.remove(['gone'], signal);
    expect(filesOf(place)).toEqual(['vault.json']);
    expect([await valueIn(vault, 'gone'), await valueIn(vault, 'other')]).toEqual([
      undefined,
      'newer value',
    ]);
    await vault.set(['other'], 'newest value', signal);
    const previous = openVault({ file: `${file}.previous`, keyFile });
    await previous.acceptRestored(signal);
    expect(await valueIn(previous, 'gone')).toBeUndefined();
  });
});
