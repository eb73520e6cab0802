import { randomBytes } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { systemRandom, type Random } from '../../../foundation/src/runtime/random.ts';
import {
  codeOf,
  temporaryVault,
  valueIn,
  type TemporaryVault,
} from '../../../test/support/temporary-vault.ts';
import { openSealing } from '../../sealing/open-sealing.ts';
import { isSealed, type Seal } from '../../sealing/seal.ts';
import { VaultStore } from './store.ts';
import { openVault, type Vault } from './vault.ts';

const signal = new AbortController().signal;
let place: TemporaryVault;
let seal: Seal;
let vault: Vault;

beforeEach(async () => {
  place = temporaryVault();
  seal = await newSeal('sealing-key');
  vault = opened(place, seal);
});

async function newSeal(name: string): Promise<Seal> {
  const keyFile = join(place.directory, name);
  writeFileSync(keyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
  const settings = { credential: false, keyFile, passphraseFile: undefined };
  return (await openSealing(settings, { env: {} }))!.of('vault-key');
}

function opened(
  { file, keyFile }: Pick<TemporaryVault, 'file' | 'keyFile'>,
  own?: Seal,
  random: Random = systemRandom,
): Vault {
  return openVault({ file, keyFile }, { clock: systemClock, random, seal: own });
}

const convert = (target: 'sealed' | 'plain', random: Random = systemRandom): Promise<boolean> =>
  new VaultStore(place, { clock: systemClock, random, seal }).convertKeyFile(signal, target);

describe('a sealed key of a vault', () => {
  it('is made with the first secret, and stays sealed when it is replaced', async () => {
    await vault.set(['a'], 'some value', signal);
    expect(isSealed(readFileSync(place.keyFile))).toBe(true);
    await vault.rotateKey(signal);
    expect(isSealed(readFileSync(place.keyFile))).toBe(true);
    expect(await valueIn(vault, 'a')).toBe('some value');
  });

  it('opens nothing without what sealed it, in place or in a copy of state and configuration', async () => {
    await vault.set(['a'], 'some value', signal);
    const copy = join(place.directory, 'copy');
    for (const name of ['state', 'config'])
      cpSync(join(place.directory, name), join(copy, name), { recursive: true });
    const copied = {
      file: join(copy, 'state/vault.json'),
      keyFile: join(copy, 'config/vault.key'),
    };
    const other = await newSeal('other');
    for (const where of [place, copied]) {
      expect(await codeOf(opened(where).read(['a'], signal))).toBe('SEALING_KEY_MISSING');
      expect(await codeOf(opened(where, other).read(['a'], signal))).toBe('SEALING_KEY_WRONG');
      expect(await codeOf(opened(where).set(['b'], 'some value', signal))).toBe(
        'SEALING_KEY_MISSING',
      );
    }
    expect(await valueIn(opened(copied, seal), 'a')).toBe('some value');
  });

  it('is not accepted as a plain one that somebody has put in its place, with a vault of theirs', async () => {
    await vault.set(['a'], 'some value', signal);
    const theirs = temporaryVault();
    await theirs.vault.set(['a'], 'their value', signal);
    copyFileSync(theirs.keyFile, place.keyFile);
    copyFileSync(theirs.file, place.file);
    expect(await codeOf(vault.read(['a'], signal))).toBe('NOT_SEALED');
    expect(await codeOf(vault.set(['a'], 'new value', signal))).toBe('NOT_SEALED');
  });

  it('detects an older vault, although what seals it cannot be written by the runner', async () => {
    await vault.set(['a'], 'old value', signal);
    copyFileSync(place.file, `${place.file}.kept`);
    await vault.set(['a'], 'new value', signal);
    expect(await vault.detectsRollback(signal)).toBe(true);
    copyFileSync(`${place.file}.kept`, place.file);
    expect(await codeOf(vault.read(['a'], signal))).toBe('VAULT_ROLLED_BACK');
  });

  it('is sealed and unsealed in place; values and versions stay', async () => {
    await place.vault.set(['a'], 'some value', signal);
    expect([await convert('sealed'), await convert('sealed')]).toEqual([true, false]);
    expect(await valueIn(vault, 'a')).toBe('some value');
    expect([await convert('plain'), await convert('plain')]).toEqual([true, false]);
    expect(await valueIn(place.vault, 'a')).toBe('some value');
  });

  it('leaves no key in the open that a killed process has left', async () => {
    await place.vault.set(['a'], 'some value', signal);
    const left = join(dirname(place.keyFile), `.vault.key.${systemRandom.uuid()}`);
    copyFileSync(place.keyFile, left);
    const other = join(dirname(place.keyFile), '.vault.key.mine');
    writeFileSync(other, 'not of this program');
    await convert('sealed');
    expect([existsSync(left), existsSync(other)]).toEqual([false, true]);
  });

  it('stays as it was when the change fails', async () => {
    await place.vault.set(['a'], 'some value', signal);
    const random: Random = {
      ...systemRandom,
      uuid: () => {
        throw new RunnerError('INTERNAL', 'crash');
      },
    };
    expect(await codeOf(convert('sealed', random))).toBe('INTERNAL');
    expect(await valueIn(place.vault, 'a')).toBe('some value');
  });
});
