import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSealer } from '../../src/openmetadata/sealing.ts';
import { temporaryFolder } from '../stage.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const key = (): string => join(folder.path, 'openmetadata.key');

it('opens what it sealed, also after a restart', () => {
  const sealed = openSealer(folder.path, randomBytes).seal('token', 'a');
  expect(openSealer(folder.path, randomBytes).open(sealed, 'a')).toBe('token');
});

it('creates the key whole, for its owner only, and leaves no draft', () => {
  openSealer(folder.path, randomBytes);
  expect(readdirSync(folder.path)).toEqual(['openmetadata.key']);
  expect(statSync(key()).mode & 0o777).toBe(0o600);
  expect(Buffer.from(readFileSync(key(), 'utf8'), 'base64')).toHaveLength(32);
});

it('seals the same secret differently each time', () => {
  const sealer = openSealer(folder.path, randomBytes);
  expect(sealer.seal('token', 'a').equals(sealer.seal('token', 'a'))).toBe(false);
});

it.each([
  ['in another context', 'b', (sealed: Buffer) => sealed],
  ['changed by one bit', 'a', (sealed: Buffer) => flipped(sealed, sealed.length - 1)],
  ['with another tag', 'a', (sealed: Buffer) => flipped(sealed, 12)],
  ['cut off', 'a', (sealed: Buffer) => sealed.subarray(0, 20)],
  ['empty', 'a', () => Buffer.alloc(0)],
])('does not open a secret %s', (_, context, change) => {
  const sealer = openSealer(folder.path, randomBytes);
  const sealed = change(sealer.seal('token', 'a'));
  expect(() => sealer.open(sealed, context)).toThrow('not encrypted with openmetadata.key');
});

it('does not open a secret of another key', () => {
  const sealed = openSealer(folder.path, randomBytes).seal('token', 'a');
  writeFileSync(key(), randomBytes(32).toString('base64'));
  expect(() => openSealer(folder.path, randomBytes).open(sealed, 'a')).toThrow(
    'not encrypted with',
  );
});

it('rejects a damaged key, and keeps it', () => {
  writeFileSync(key(), 'short');
  expect(() => openSealer(folder.path, randomBytes)).toThrow('is not a key of 32 bytes');
  expect(readFileSync(key(), 'utf8')).toBe('short');
});

function flipped(sealed: Buffer, at: number): Buffer {
  const changed = Buffer.from(sealed);
  changed[at] = changed[at]! ^ 1;
  return changed;
}
