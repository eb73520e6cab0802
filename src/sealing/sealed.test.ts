import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { codeOf } from '../../test/support/temporary-vault.ts';
import { noSeal, SEALED_HEAD, type SealPurpose } from './seal.ts';
import { SealedFiles, type SealingKey } from './sealed.ts';

const CONTENT = 'the private key of somebody';
const byKey = (key = randomBytes(32)): SealingKey => ({ kind: 'key', key });
const byPassphrase = (passphrase: string): SealingKey => ({ kind: 'passphrase', passphrase });

const sealOf = (secret: SealingKey, purpose: SealPurpose = 'vault-key'): SealedFiles =>
  new SealedFiles(purpose, () => Promise.resolve(secret), systemRandom);

const head = (stored: Buffer): { scrypt: Record<string, unknown> | null } =>
  JSON.parse(stored.subarray(SEALED_HEAD.length).toString()) as never;

describe.each([
  ['a key', byKey(), byKey()],
  ['a passphrase', byPassphrase('four random words here'), byPassphrase('four random words there')],
])('a file that is sealed with %s', (_what, secret, other) => {
  it('opens with it in another process, and has nothing of the content in the open', async () => {
    const stored = await sealOf(secret).close(CONTENT);
    expect(await sealOf(secret).open(stored, 'file')).toBe(CONTENT);
    expect(stored.toString('latin1')).not.toContain('private');
    expect(stored.toString('latin1')).not.toContain(Buffer.from(CONTENT).toString('base64'));
    expect(await sealOf(secret).close(CONTENT)).not.toEqual(stored);
  });

  it('does not open with another one, or for another purpose', async () => {
    const stored = await sealOf(secret).close(CONTENT);
    expect(await codeOf(sealOf(other).open(stored, 'file'))).toBe('SEALING_KEY_WRONG');
    const elsewhere = sealOf(secret, 'identity-key').open(stored, 'file');
    expect(await codeOf(elsewhere)).toBe('SEALING_KEY_WRONG');
  });

  it('does not open as a file of another purpose if its header says so', async () => {
    const stored = await sealOf(secret).close(CONTENT);
    const forged = Buffer.from(stored.toString().replace('vault-key', 'identity-key'));
    const opened = sealOf(secret, 'identity-key').open(forged, 'file');
    expect(await codeOf(opened)).toBe('SEALING_KEY_WRONG');
  });

  it('does not open where nothing is sealed', async () => {
    const stored = await sealOf(secret).close(CONTENT);
    expect(await codeOf(noSeal.open(stored, 'file'))).toBe('SEALING_KEY_MISSING');
  });

  it('cannot be replaced by a plain one', async () => {
    expect(await codeOf(sealOf(secret).open(Buffer.from(CONTENT), 'file'))).toBe('NOT_SEALED');
  });
});

describe('a sealed file', () => {
  it('opens with no byte changed, and not if cut', async () => {
    const seal = sealOf(byKey());
    const stored = await seal.close(CONTENT);
    for (let at = 0; at < stored.length - 1; at++) {
      const changed = Buffer.from(stored);
      changed[at]! ^= 1;
      expect(await codeOf(seal.open(changed, 'file')), `byte ${at}`).toMatch(
        /^(?:SEALING_KEY_WRONG|NOT_SEALED)$/,
      );
    }
    for (const end of [SEALED_HEAD.length, 100, stored.length - 10])
      expect(await codeOf(seal.open(stored.subarray(0, end), 'file'))).toBe('SEALING_KEY_WRONG');
  });

  it('of a passphrase does not open with a key, nor the other way round', async () => {
    const [key, passphrase] = [sealOf(byKey()), sealOf(byPassphrase('four random words'))];
    for (const [stored, other] of [
      [await key.close(CONTENT), passphrase],
      [await passphrase.close(CONTENT), key],
    ] as const)
      expect(await codeOf(other.open(stored, 'file'))).toBe('SEALING_KEY_WRONG');
  });

  it.each([
    ['n', 1 << 24],
    ['n', 2],
    ['r', 64],
    ['p', 1000],
  ])('cannot make a process spend what it likes: %s of %i', async (name, value) => {
    const seal = sealOf(byPassphrase('four random words'));
    const file = head(await seal.close(CONTENT));
    const forged = { ...file, scrypt: { ...file.scrypt, [name]: value } };
    const stored = Buffer.from(`${SEALED_HEAD}${JSON.stringify(forged)}\n`);
    await expect(seal.open(stored, 'file')).rejects.toThrow('file is damaged');
  });
});
