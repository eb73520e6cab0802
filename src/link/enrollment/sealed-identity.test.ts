import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { type Disk, removeFile } from '../../../foundation/src/runtime/disk.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { plantIdentity } from '../../../test/support/planted-identity.ts';
import { codeOf } from '../../../test/support/temporary-vault.ts';
import { openSealing } from '../../sealing/open-sealing.ts';
import { isSealed, type Seal } from '../../sealing/seal.ts';
import { convertIdentity } from './convert-keys.ts';
import { loadIdentity, publicIdentity } from './identity.ts';
import { keyPaths } from './key-files.ts';
import { openRotatingIdentity } from './rotating-identity.ts';
import { settingsPath } from './settings.ts';

let stateDir: string;
let seal: Seal;

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'sealed-'));
  seal = await newSeal('sealing-key');
  plantIdentity(stateDir);
});
afterEach(() => rmSync(stateDir, { recursive: true }));

async function newSeal(name: string): Promise<Seal> {
  const keyFile = join(stateDir, name);
  writeFileSync(keyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
  const settings = { credential: false, keyFile, passphraseFile: undefined };
  return (await openSealing(settings, { env: {} }))!.of('identity-key');
}

const convert = (target: 'sealed' | 'plain', disk: Disk = nodeDisk): Promise<readonly string[]> =>
  convertIdentity(stateDir, { seal, target, disk });

/** Replaces the key twice, so that there is an earlier one. */
async function rotate(): Promise<void> {
  for (let round = 0; round < 2; round++) {
    const own = { stateDir, disk: nodeDisk, clock: systemClock, seal };
    const identity = await openRotatingIdentity({ ...own, lifetimeMs: 1 });
    const { publicKey } = await identity.propose();
    await identity.accepted(publicKey);
  }
}

describe('a sealed identity', () => {
  it('opens with its key, and without it neither in place nor in a copy', async () => {
    const { fingerprint } = await loadIdentity(stateDir);
    await convert('sealed');
    const copy = join(stateDir, 'copy');
    cpSync(join(stateDir, 'identity'), join(copy, 'identity'), { recursive: true });
    cpSync(settingsPath(stateDir), settingsPath(copy));
    expect((await loadIdentity(stateDir, seal)).fingerprint).toBe(fingerprint);
    const other = await newSeal('other');
    for (const directory of [stateDir, copy]) {
      expect(await codeOf(loadIdentity(directory))).toBe('SEALING_KEY_MISSING');
      expect(await codeOf(loadIdentity(directory, other))).toBe('SEALING_KEY_WRONG');
    }
    expect((await publicIdentity(stateDir)).fingerprint).toBe(fingerprint);
  });

  it('is not accepted as a plain file that somebody has put in its place', async () => {
    const plain = readFileSync(keyPaths(stateDir).key);
    await convert('sealed');
    writeFileSync(keyPaths(stateDir).key, plain, { mode: 0o600 });
    expect(await codeOf(loadIdentity(stateDir, seal))).toBe('NOT_SEALED');
    expect(await codeOf(rotate())).toBe('NOT_SEALED');
  });

  it('stays sealed when the runner replaces its key', async () => {
    const { fingerprint, publicKey } = await loadIdentity(stateDir);
    await convert('sealed');
    await rotate();
    const { key, previous } = keyPaths(stateDir);
    for (const path of [key, previous]) expect(isSealed(readFileSync(path))).toBe(true);
    const identity = await loadIdentity(stateDir, seal);
    expect(identity.publicKey).not.toBe(publicKey);
    expect(identity.fingerprint).toBe(fingerprint);
  });

  it('can be unsealed with all its keys', async () => {
    await convert('sealed');
    await rotate();
    const { publicKey } = await loadIdentity(stateDir, seal);
    expect(await convert('plain')).toHaveLength(2);
    expect((await loadIdentity(stateDir)).publicKey).toBe(publicKey);
    expect(await convert('plain')).toEqual([]);
  });

  it('leaves no key in the open that a killed process has left', async () => {
    const { key, next } = keyPaths(stateDir);
    for (const path of [key, next]) cpSync(key, `${path}.new`);
    await convert('sealed');
    for (const path of [key, next]) expect(existsSync(`${path}.new`)).toBe(false);
  });

  it.each(['sealed', 'plain'] as const)(
    'is whole after a kill at any step on the way to %s, and the next call does the rest',
    async (target) => {
      if (target === 'plain') await convert('sealed');
      let kills = 0;
      const content = await contentOf(keyPaths(stateDir).key);
      for (let left = 0; ; left++) {
        const before = join(stateDir, `before-${left}`);
        cpSync(join(stateDir, 'identity'), before, { recursive: true });
        const done = await convert(target, killedAfter(left)).then(
          () => true,
          () => false,
        );
        expect(await contentOf(keyPaths(stateDir).key)).toBe(content);
        await convert(target);
        const opened = target === 'sealed' ? loadIdentity(stateDir, seal) : loadIdentity(stateDir);
        expect((await opened).runnerId).toBe('rnr_1');
        if (done) break;
        kills += 1;
        rmSync(join(stateDir, 'identity'), { recursive: true });
        cpSync(before, join(stateDir, 'identity'), { recursive: true });
      }
      expect(kills).toBeGreaterThan(4);
    },
  );
});

async function contentOf(path: string): Promise<string> {
  const stored = readFileSync(path);
  return isSealed(stored) ? seal.open(stored, path) : stored.toString();
}

/** A disk that fails for good after some changes. */
function killedAfter(changes: number): Disk {
  let left = changes;
  const step = (): void => {
    left -= 1;
    if (left < 0) throw new Error('killed');
  };
  return {
    ...nodeDisk,
    open: async (path, mode) => {
      step();
      return nodeDisk.open(path, mode);
    },
    rename: async (from, to) => {
      step();
      await nodeDisk.rename(from, to);
    },
    unlink: async (path) => {
      step();
      await removeFile(nodeDisk, path);
    },
    syncDirectory: async (path) => {
      step();
      await nodeDisk.syncDirectory(path);
    },
  };
}
