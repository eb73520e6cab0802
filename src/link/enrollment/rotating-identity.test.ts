import { createPublicKey, verify } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskKiller, Killed } from '../../../test/support/disk-killer.ts';
import { SimulatedClock } from '../../../test/support/simulated-clock.ts';
import type { Disk } from '../../../foundation/src/runtime/disk.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { exportKey, generateKey, loadIdentity, publicIdentity } from './identity.ts';
import { keyPaths, rawPublicKey } from './key-files.ts';
import { historyPath, readHistory } from './key-history.ts';
import { openRotatingIdentity, type RotatingIdentity } from './rotating-identity.ts';
import { encodeSettings, settingsPath } from './settings.ts';

const LIFETIME_MS = 40 * 86_400_000;

let stateDir: string;
let clock: SimulatedClock;
let controlPlane: ControlPlane;

/** What a control plane knows of the keys of one runner (docs/protocol.md). */
class ControlPlane {
  current: string;
  next: string | undefined;

  constructor(current: string) {
    this.current = current;
  }

  isWelcome(identity: RotatingIdentity): boolean {
    const message = Buffer.from('hello');
    const signer = [this.current, this.next].find(
      (key) => key !== undefined && isSigned(key, message, identity.sign(message)),
    );
    if (signer === undefined) return false;
    if (signer === this.next) [this.current, this.next] = [signer, undefined];
    return true;
  }
}

function isSigned(publicKey: string, message: Uint8Array, signature: Uint8Array): boolean {
  const x = Buffer.from(publicKey, 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return verify(null, message, key, signature);
}

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'keys-'));
  clock = new SimulatedClock();
  const key = generateKey();
  const publicKey = rawPublicKey(key);
  mkdirSync(join(stateDir, 'identity'), { mode: 0o700 });
  writeFileSync(keyPaths(stateDir).key, exportKey(key), { mode: 0o600 });
  const settings = encodeSettings({
    version: 1,
    runnerId: 'rnr_1',
    name: 'test',
    controlPlaneUrl: 'wss://plane.test:443',
    publicKey,
    enrolledAt: new Date(clock.now()).toISOString(),
  });
  writeFileSync(settingsPath(stateDir), settings, { mode: 0o600 });
  controlPlane = new ControlPlane(publicKey);
});
afterEach(() => rmSync(stateDir, { recursive: true }));

const open = (disk: Disk = nodeDisk): Promise<RotatingIdentity> =>
  openRotatingIdentity({ stateDir, lifetimeMs: LIFETIME_MS, disk, clock });

/** A session, as session/ conducts it. Rejects if no key of the runner is accepted. */
async function converse(
  identity: RotatingIdentity,
  step: () => void = () => undefined,
): Promise<void> {
  while (!controlPlane.isWelcome(identity))
    if (!identity.rejected()) throw new Error('no key is accepted');
  step();
  await identity.welcomed();
  if (identity.dueInMs() > 0) return;
  const { publicKey } = await identity.propose();
  step();
  const proposed = Buffer.from(publicKey).toString('base64');
  if (proposed !== controlPlane.current) controlPlane.next = proposed;
  step();
  if (await identity.accepted(publicKey)) await converse(identity, step);
}

describe('an identity that replaces its key', () => {
  it('does so when three quarters of its life have passed', async () => {
    const first = controlPlane.current;
    const { fingerprint } = await loadIdentity(stateDir);
    await clock.advance(0.75 * LIFETIME_MS - 1_000);
    await converse(await open());
    expect((await loadIdentity(stateDir)).publicKey).toBe(first);
    await clock.advance(1_000);
    await converse(await open());
    const { publicKey } = await loadIdentity(stateDir);
    expect(publicKey).not.toBe(first);
    const names = [(await loadIdentity(stateDir)).fingerprint, (await open()).fingerprint];
    expect(names).toEqual([fingerprint, fingerprint]);
    expect(controlPlane).toEqual({ current: publicKey, next: undefined });
    expect((await open()).dueInMs()).toBe(0.75 * LIFETIME_MS);
    expect((await readHistory(stateDir)).map((key) => key.publicKey)).toEqual([first, publicKey]);
  });

  it('signs with both keys, and no other key is accepted', async () => {
    const identity = await open();
    const { publicKey, signature, proof } = await identity.propose();
    const keys = [Buffer.from(identity.publicKey, 'base64'), publicKey];
    const context = ['hybrid-runner/key/v1', 'rnr_1', ''].join('\n');
    const message = Buffer.concat([Buffer.from(context), ...keys]);
    expect(isSigned(identity.publicKey, message, signature)).toBe(true);
    expect(isSigned(Buffer.from(publicKey).toString('base64'), message, proof)).toBe(true);
    expect(await identity.accepted(Buffer.alloc(32))).toBe(false);
    expect((await loadIdentity(stateDir)).publicKey).toBe(identity.publicKey);
  });

  it('works after a kill between any two steps, and completes the replacement', async () => {
    let kills = 0;
    const { fingerprint } = await loadIdentity(stateDir);
    for (let left = 0; ; left++) {
      await clock.advance(LIFETIME_MS);
      const before = controlPlane.current;
      const killer = new DiskKiller(left);
      try {
        await converse(await open(killer.disk()), killer.step);
        expect(killer.left).toBeGreaterThanOrEqual(0);
        break;
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Killed);
        kills += 1;
      }
      await loadIdentity(stateDir);
      await converse(await open());
      const { publicKey, ...identity } = await loadIdentity(stateDir);
      expect(controlPlane).toEqual({ current: publicKey, next: undefined });
      expect([publicKey === before, identity.fingerprint]).toEqual([false, fingerprint]);
    }
    expect(kills).toBeGreaterThan(15);
  });

  it('does not load with a damaged history of its keys, which would change its fingerprint', async () => {
    await clock.advance(LIFETIME_MS);
    await converse(await open());
    const { fingerprint } = await loadIdentity(stateDir);
    const history = readFileSync(historyPath(stateDir));
    writeFileSync(historyPath(stateDir), history.subarray(0, -9), { mode: 0o600 });
    const damaged = { code: 'FILE_UNREADABLE', remedy: expect.stringContaining('fingerprint') };
    await expect(open()).rejects.toMatchObject(damaged);
    await expect(publicIdentity(stateDir)).rejects.toMatchObject(damaged);
    writeFileSync(historyPath(stateDir), history, { mode: 0o600 });
    expect((await loadIdentity(stateDir)).fingerprint).toBe(fingerprint);
  });

  it('is still known to a control plane that was restored from a backup of any time since the replacement before', async () => {
    await clock.advance(LIFETIME_MS);
    const backups: [string, string | undefined][] = [];
    await converse(await open(), () => backups.push([controlPlane.current, controlPlane.next]));
    expect(backups.length).toBeGreaterThan(3);
    for (const [current, next] of backups) {
      Object.assign(controlPlane, { current, next });
      await converse(await open());
      const { publicKey } = await loadIdentity(stateDir);
      expect(controlPlane).toEqual({ current: publicKey, next: undefined });
    }
  });

  it('finds no key for a control plane that knows another one only', async () => {
    controlPlane.current = rawPublicKey(generateKey());
    const identity = await open();
    await expect(converse(identity)).rejects.toThrow('no key is accepted');
    expect(identity.publicKey).toBe((await loadIdentity(stateDir)).publicKey);
  });
});
