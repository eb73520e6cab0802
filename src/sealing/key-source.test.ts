import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf } from '../../test/support/temporary-vault.ts';
import { openSealing } from './open-sealing.ts';
import type { Sealing } from './seal.ts';
import { SEALING_CREDENTIAL, type SealingSettings } from './settings.ts';

const NOTHING = { credential: false, keyFile: undefined, passphraseFile: undefined };
let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'sealing-'))));
afterEach(() => rmSync(directory, { recursive: true }));

const open = async (changes: Partial<SealingSettings>, env = {}): Promise<Sealing> =>
  (await openSealing({ ...NOTHING, ...changes }, { env }))!;

function write(name: string, text: string, mode = 0o600): string {
  const path = join(directory, name);
  writeFileSync(path, text, { mode });
  return path;
}

const key = (): string => randomBytes(32).toString('base64');

describe('the sealing key', () => {
  it('is not there without a setting', async () => {
    expect(await openSealing(NOTHING, { env: {} })).toBeUndefined();
  });

  it('is that of a credential of systemd, a key file, or a passphrase file', async () => {
    write(SEALING_CREDENTIAL, key());
    const env = { CREDENTIALS_DIRECTORY: directory };
    const passphrase = 'Four random words, ä\n';
    for (const [changes, name] of [
      [{ credential: true }, SEALING_CREDENTIAL],
      [{ keyFile: write('key', `${key()}\n`) }, join(directory, 'key')],
      [{ passphraseFile: write('passphrase', passphrase) }, join(directory, 'passphrase')],
    ] as const) {
      const sealing = await open(changes, env);
      const stored = await sealing.of('vault-key').close('content');
      const again = await open(changes, env);
      expect(await again.of('vault-key').open(stored, 'file')).toBe('content');
      expect(sealing.by).toContain(name);
    }
  });

  it.each([
    ['missing', undefined, 'SEALING_KEY_MISSING'],
    ['empty', '', 'SEALING_KEY_WRONG'],
    ['too short', Buffer.alloc(16).toString('base64'), 'SEALING_KEY_WRONG'],
    ['too long', Buffer.alloc(33).toString('base64'), 'SEALING_KEY_WRONG'],
    ['not base64', 'x'.repeat(44), 'SEALING_KEY_WRONG'],
    ['larger than any key', 'x'.repeat(5000), 'FILE_UNREADABLE'],
  ])('is rejected if %s', async (_what, text, code) => {
    const keyFile = text === undefined ? join(directory, 'none') : write('key', text);
    const { of } = await open({ keyFile });
    expect(await codeOf(of('vault-key').close('content'))).toBe(code);
  });

  it('is rejected if others can read it', async () => {
    const keyFile = write('key', key());
    chmodSync(keyFile, 0o644);
    const { of } = await open({ keyFile });
    expect(await codeOf(of('vault-key').close('content'))).toBe('FILE_UNSAFE');
  });

  it('is rejected if it is a passphrase of fewer than 12 characters', async () => {
    const { of } = await open({ passphraseFile: write('passphrase', 'hunter22222\n') });
    expect(await codeOf(of('vault-key').close('content'))).toBe('SEALING_KEY_WRONG');
  });

  it('is missing for a process that systemd did not start', async () => {
    const { of } = await open({ credential: true });
    expect(await codeOf(of('vault-key').close('content'))).toBe('SEALING_KEY_MISSING');
  });
});
