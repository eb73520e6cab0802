import { chmodSync, copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  codeOf,
  filesOf,
  temporaryVault,
  valueIn,
  type TemporaryVault,
} from '../../../test/support/temporary-vault.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { systemRandom, type Random } from '../../../foundation/src/runtime/random.ts';
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

describe('the key of a vault', () => {
  it('is VAULT_LOCKED when missing, malformed or of another vault', async () => {
    await vault.set(['a'], 'some value', signal);
    copyFileSync(keyFile, `${keyFile}.kept`);
    rmSync(keyFile);
    expect(await codeOf(vault.read(['a'], signal))).toBe('VAULT_LOCKED');
    expect(await codeOf(vault.set(['b'], 'other value', signal))).toBe('VAULT_LOCKED');
    writeFileSync(keyFile, 'hybrid-runner-vault-key-1:AAAA\n', { mode: 0o600 });
    expect(await codeOf(vault.read(['a'], signal))).toBe('VAULT_LOCKED');
    const other = openVault({
      file: join(place.directory, 'other/vault.json'),
      keyFile: join(place.directory, 'other.key'),
    });
    await other.set(['a'], 'some value', signal);
    copyFileSync(join(place.directory, 'other.key'), keyFile);
    expect(await codeOf(vault.read(['a'], signal))).toBe('VAULT_LOCKED');
    copyFileSync(`${keyFile}.kept`, keyFile);
    expect(await valueIn(vault, 'a')).toBe('some value');
  });

  it.each([
    ['file', 0o640],
    ['file', 0o604],
    ['file', 0o620],
    ['keyFile', 0o644],
    ['keyFile', 0o660],
  ] as const)('is not used with %s in mode %o', async (which, mode) => {
    await vault.set(['a'], 'some value', signal);
    chmodSync(which === 'file' ? file : keyFile, mode);
    expect(await codeOf(vault.read(['a'], signal))).toBe('FILE_UNSAFE');
  });

  it('can be replaced; the old one opens nothing, and values and versions stay', async () => {
    await vault.set(['a'], 'some value', signal);
    copyFileSync(keyFile, join(place.directory, 'old.key'));
    const before = await vault.read(['a'], signal);
    await vault.rotateKey(signal);
    const after = await vault.read(['a'], signal);
    expect([after?.reveal(), after?.version]).toEqual(['some value', before?.version]);
    for (const name of filesOf(place))
      expect(
        await codeOf(
          openVault({
            file: join(place.directory, 'state', name),
            keyFile: join(place.directory, 'old.key'),
          }).list(signal),
        ),
      ).toBe('VAULT_LOCKED');
  });

  it('survives a crash at any point of its replacement', async () => {
    await vault.set(['a'], 'some value', signal);
    for (let crashAt = 1; crashAt <= 4; crashAt++) {
      let calls = 0;
      const random: Random = {
        ...systemRandom,
        uuid: () => {
          if (++calls === crashAt) throw new RunnerError('INTERNAL', 'crash');
          return systemRandom.uuid();
        },
      };
      await openVault({ file, keyFile }, { clock: systemClock, random })
        .rotateKey(signal)
        .catch(() => undefined);
      expect(await valueIn(vault, 'a')).toBe('some value');
    }
  });

  it('can be replaced while others read', async () => {
    await vault.set(['a'], 'some value', signal);
    const done = new AbortController();
    const readers = Array.from({ length: 3 }, async () => {
      while (!done.signal.aborted) expect(await valueIn(vault, 'a')).toBe('some value');
    });
    for (let round = 0; round < 5; round++) await vault.rotateKey(signal);
    done.abort();
    await Promise.all(readers);
  });
});
