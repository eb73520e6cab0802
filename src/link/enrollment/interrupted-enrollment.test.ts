import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DiskKiller, Killed } from '../../../test/support/disk-killer.ts';
import { EnrollmentServer, GRANT } from '../../../test/support/enrollment-server.ts';
import { plantIdentity } from '../../../test/support/planted-identity.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { enrollRunner } from './enroll.ts';
import { removeAbandonedKey } from './enrolled-key.ts';
import { loadIdentity } from './identity.ts';
import { keyPaths } from './key-files.ts';
import { openRotatingIdentity, type RotatingIdentity } from './rotating-identity.ts';

let server: EnrollmentServer;
let directory: string;
let stateDir: string;
/** Whether the last enrollment has saved what is needed to connect with its identity. */
let isSaved: boolean;

beforeAll(async () => {
  server = await EnrollmentServer.open();
});
afterAll(() => server.close());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'interrupted-'));
  stateDir = join(directory, 'state');
  server.response = { ...GRANT, body: GRANT.body.replace('rnr_1', 'rnr_2') };
});
afterEach(() => rmSync(directory, { recursive: true }));

/** As the service does when it starts. */
const open = (): Promise<RotatingIdentity> =>
  openRotatingIdentity({ stateDir, lifetimeMs: 1, disk: nodeDisk, clock: systemClock });

/** Resolves with whether it was killed at the step with this number. */
async function enrollUntil(step: number): Promise<boolean> {
  const killer = new DiskKiller(step);
  const record = async (): Promise<void> => killer.step();
  const save = async (): Promise<void> => {
    killer.step();
    isSaved = true;
    killer.step();
  };
  isSaved = false;
  const changes = { replace: true, disk: killer.disk(), record, save };
  try {
    await enrollRunner(server.options(stateDir, changes));
    return false;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Killed);
    return true;
  }
}

/** Has an earlier key, and another one that the control plane may have accepted already. */
async function identityThatReplacesItsKey(): Promise<string> {
  plantIdentity(stateDir);
  const identity = await open();
  await identity.accepted((await identity.propose()).publicKey);
  const { publicKey } = await identity.propose();
  return Buffer.from(publicKey).toString('base64');
}

const filesOf = (): string[] => readdirSync(join(stateDir, 'identity')).toSorted();

describe('an enrollment that replaces the identity, killed at any step', () => {
  it('leaves the earlier identity with all its keys, or the new one with none of them', async () => {
    const proposed = await identityThatReplacesItsKey();
    const before = await loadIdentity(stateDir);
    const files = filesOf();
    cpSync(stateDir, join(directory, 'before'), { recursive: true });
    const runners: string[] = [];
    for (let step = 0; ; step++) {
      rmSync(stateDir, { recursive: true });
      cpSync(join(directory, 'before'), stateDir, { recursive: true });
      if (!(await enrollUntil(step))) break;
      const loaded = await loadIdentity(stateDir);
      const opened = await open();
      const isNew = loaded.runnerId === 'rnr_2';
      const isAbandoned = await removeAbandonedKey(nodeDisk, stateDir);
      runners.push(`${loaded.runnerId}${isAbandoned ? ', and says so' : ''}`);
      const ofIt = [loaded.publicKey, loaded.fingerprint];
      expect([opened.publicKey, opened.fingerprint]).toEqual(ofIt);
      expect(ofIt.join() === [before.publicKey, before.fingerprint].join()).toBe(!isNew);
      expect(filesOf()).toEqual(isNew ? ['key.pem'] : files);
      const next = Buffer.from((await opened.propose()).publicKey).toString('base64');
      expect(next === proposed).toBe(!isNew);
    }
    expect(new Set(runners)).toEqual(new Set(['rnr_1', 'rnr_1, and says so', 'rnr_2']));
    expect(runners).toEqual(runners.toSorted((a, b) => a.slice(0, 5).localeCompare(b.slice(0, 5))));
    expect(filesOf()).toEqual(['key.pem']);
  });

  it('can be repeated and killed again while its key has no place of its own yet', async () => {
    plantIdentity(stateDir);
    const { enrolled } = keyPaths(stateDir);
    let step = 0;
    do expect(await enrollUntil(step++)).toBe(true);
    while ((await loadIdentity(stateDir)).runnerId !== 'rnr_2');
    expect(existsSync(enrolled)).toBe(true);
    cpSync(stateDir, join(directory, 'between'), { recursive: true });
    for (let again = 0; await enrollUntil(again); again++) {
      expect((await loadIdentity(stateDir)).runnerId).toBe('rnr_2');
      rmSync(stateDir, { recursive: true });
      cpSync(join(directory, 'between'), stateDir, { recursive: true });
    }
    expect(filesOf()).toEqual(['key.pem']);
  });

  it('keeps the first enrollment once it is in force', async () => {
    for (let step = 0; await enrollUntil(step); step++) {
      const loaded = await loadIdentity(stateDir).catch(() => undefined);
      if (loaded === undefined) expect(existsSync(join(stateDir, 'settings.json'))).toBe(false);
      else expect([(await open()).publicKey, isSaved]).toEqual([loaded.publicKey, true]);
      rmSync(stateDir, { recursive: true });
    }
    expect((await loadIdentity(stateDir)).runnerId).toBe('rnr_2');
  });

  it('keeps the new identity if its last step fails', async () => {
    plantIdentity(stateDir);
    const rename = async (from: string, to: string): Promise<void> => {
      if (to === keyPaths(stateDir).key) throw new Error('EIO');
      await nodeDisk.rename(from, to);
    };
    const changes = { replace: true, disk: { ...nodeDisk, rename } };
    await expect(enrollRunner(server.options(stateDir, changes))).rejects.toThrow('EIO');
    expect((await open()).runnerId).toBe('rnr_2');
    expect(filesOf()).toEqual(['key.pem']);
  });
});
