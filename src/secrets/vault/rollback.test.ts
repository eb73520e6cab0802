import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  codeOf,
  temporaryVault,
  valueIn,
  type TemporaryVault,
} from '../../../test/support/temporary-vault.ts';
import { canMount, mountReadOnly } from '../../../test/support/small-disk.ts';
import { generationFileOf } from './generation-memory.ts';
import { openVault, type Vault, type VaultChange } from './vault.ts';

const signal = new AbortController().signal;
let place: TemporaryVault;
let vault: Vault;
let file: string;
let keyFile: string;

beforeEach(async () => {
  place = temporaryVault();
  ({ vault, file, keyFile } = place);
  await vault.set(['a'], 'the leaked value', signal);
  copyFileSync(file, `${file}.yesterday`);
  await vault.set(['a'], 'the new value', signal);
});

function putBack(): void {
  copyFileSync(`${file}.yesterday`, file);
}

describe('an older vault in place of the newest', () => {
  it('is neither read nor changed', async () => {
    putBack();
    const bytes = readFileSync(file);
    const calls = [
      () => vault.read(['a'], signal),
      () => vault.list(signal),
      () => vault.set(['b'], 'other value', signal),
      () => vault.remove(['a'], signal),
      () => vault.rotateKey(signal),
      () => vault.detectsRollback(signal),
    ];
    for (const call of calls) expect(await codeOf(call())).toBe('VAULT_ROLLED_BACK');
    expect(readFileSync(file)).toEqual(bytes);
  });

  it('is detected when it is the previous generation that the vault itself keeps', async () => {
    copyFileSync(`${file}.previous`, file);
    expect(await codeOf(vault.read(['a'], signal))).toBe('VAULT_ROLLED_BACK');
  });

  it('is detected after the removal of a secret and after a new key', async () => {
    await vault.remove(['a'], signal);
    copyFileSync(file, `${file}.removed`);
    await vault.rotateKey(signal);
    const [current, before] = [readFileSync(file), readFileSync(`${file}.removed`)];
    writeFileSync(file, before);
    // Its key is gone too.
    expect(await codeOf(vault.list(signal))).toBe('VAULT_LOCKED');
    writeFileSync(file, current);
    expect(await vault.list(signal)).toEqual([]);
  });

  it('is detected beside another vault with the same key, which is not affected', async () => {
    const other = openVault({ file: `${file}.other`, keyFile });
    await other.set(['a'], 'value of another vault', signal);
    expect(await valueIn(vault, 'a')).toBe('the new value');
    putBack();
    expect(await codeOf(vault.read(['a'], signal))).toBe('VAULT_ROLLED_BACK');
    expect(await valueIn(other, 'a')).toBe('value of another vault');
  });

  it('is detected after another one was accepted, also when it is not as old', async () => {
    copyFileSync(file, `${file}.abandoned`);
    putBack();
    await vault.acceptRestored(signal);
    copyFileSync(`${file}.abandoned`, file);
    expect(await codeOf(vault.read(['a'], signal))).toBe('VAULT_ROLLED_BACK');
  });

  it('is accepted when a person says so, which is recorded first', async () => {
    putBack();
    const changes: VaultChange[] = [];
    const recorded = openVault({ file, keyFile }, undefined, async (change) => {
      expect(await codeOf(vault.read(['a'], signal))).toBe('VAULT_ROLLED_BACK');
      changes.push(change);
    });
    await recorded.acceptRestored(signal);
    expect(changes).toEqual([{ change: 'acceptRestored', reference: undefined }]);
    expect(await valueIn(vault, 'a')).toBe('the leaked value');
    await vault.set(['a'], 'the newest value', signal);
    putBack();
    expect(await codeOf(vault.read(['a'], signal))).toBe('VAULT_ROLLED_BACK');
  });

  it('cannot be accepted if there is no vault', async () => {
    rmSync(file);
    expect(await codeOf(vault.acceptRestored(signal))).toBe('INPUT_INVALID');
  });
});

describe('the generation beside the key', () => {
  it('is private, and away from the vault', () => {
    expect((statSync(generationFileOf(keyFile)).mode & 0o777).toString(8)).toBe('600');
  });

  it('is written by the next change of a vault that has none', async () => {
    rmSync(generationFileOf(keyFile));
    expect(await valueIn(vault, 'a')).toBe('the new value');
    expect(await vault.detectsRollback(signal)).toBe(false);
    await vault.set(['b'], 'other value', signal);
    expect(await vault.detectsRollback(signal)).toBe(true);
  });

  it('does not open the vault when damaged, until a person accepts it', async () => {
    writeFileSync(generationFileOf(keyFile), '{"vault":', { mode: 0o600 });
    expect(await codeOf(vault.read(['a'], signal))).toBe('VAULT_ROLLED_BACK');
    await vault.acceptRestored(signal);
    expect(await valueIn(vault, 'a')).toBe('the new value');
  });

  it('is above every abandoned vault after it was damaged', async () => {
    copyFileSync(file, `${file}.abandoned`);
    putBack();
    writeFileSync(generationFileOf(keyFile), '{"vault":', { mode: 0o600 });
    await vault.acceptRestored(signal);
    copyFileSync(`${file}.abandoned`, file);
    expect(await codeOf(vault.read(['a'], signal))).toBe('VAULT_ROLLED_BACK');
  });

  it('that cannot be read now is not replaced by one without the other vaults', async () => {
    const other = openVault({ file: `${file}.other`, keyFile });
    await other.set(['a'], 'value of another', signal);
    const generations = readFileSync(generationFileOf(keyFile));
    chmodSync(generationFileOf(keyFile), 0o666);
    expect(await codeOf(vault.acceptRestored(signal))).toBe('FILE_UNSAFE');
    expect(readFileSync(generationFileOf(keyFile))).toEqual(generations);
  });

  it.runIf(canMount('src/secrets/vault/rollback'))(
    'that can no longer be written stops every change before it is made',
    async () => {
      putBack();
      const bytes = readFileSync(file);
      const changes: VaultChange[] = [];
      const recorded = openVault({ file, keyFile }, undefined, async (change) => {
        changes.push(change);
      });
      const other = openVault({ file: `${file}.other`, keyFile });
      const unmount = mountReadOnly(dirname(keyFile));
      try {
        expect(await codeOf(recorded.acceptRestored(signal))).toBe('FILE_UNWRITABLE');
        expect(await codeOf(other.set(['a'], 'value of another', signal))).toBe('FILE_UNWRITABLE');
      } finally {
        unmount();
      }
      expect([changes, readFileSync(file), existsSync(`${file}.other`)]).toEqual([
        [],
        bytes,
        false,
      ]);
    },
  );

  it('is not above the vault after a crash between the two', async () => {
    const before = readFileSync(generationFileOf(keyFile));
    await vault.set(['b'], 'other value', signal);
    writeFileSync(generationFileOf(keyFile), before);
    expect(await valueIn(vault, 'b')).toBe('other value');
    await vault.set(['c'], 'third value', signal);
    expect(existsSync(generationFileOf(keyFile))).toBe(true);
    expect(await vault.detectsRollback(signal)).toBe(true);
  });
});
