import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireFileLock } from '../../foundation/src/runtime/file-lock.ts';
import { systemProcesses } from '../../foundation/src/runtime/processes.ts';
import type { Report } from '../../src/doctor/report.ts';
import { isSealed } from '../../src/sealing/seal.ts';
import { plantIdentity } from '../support/planted-identity.ts';
import { Place } from './command-line.ts';

const REFERENCE = 'secret:/salesforce/prod/password';
const PASSPHRASE = 'four random words of mine';

let place: Place;
let vaultKey: string;
let identityKey: string;
beforeEach(async () => {
  place = new Place();
  place.folder('state');
  plantIdentity(place.stateDir);
  vaultKey = join(place.directory, 'keys', 'vault.key');
  identityKey = join(place.stateDir, 'identity', 'key.pem');
  await place.call(['secrets', 'set', REFERENCE], { input: 'hunter2222\n' });
});
afterEach(() => place.close());

/** As a configuration file, beside the settings of the place. */
function configure(sealing: Readonly<Record<string, unknown>> | undefined): void {
  const before = JSON.parse(readFileSync(place.config, 'utf8')) as Record<string, unknown>;
  writeFileSync(place.config, JSON.stringify({ ...before, sealing }), { mode: 0o600 });
}

function events(): Record<string, unknown>[] {
  const directory = join(place.stateDir, 'audit');
  const name = readdirSync(directory).find((each) => each.endsWith('.jsonl'))!;
  const lines = readFileSync(join(directory, name), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function sealingIn(args: readonly string[] = []): Promise<unknown> {
  const { stdout } = await place.call(['doctor', '--only', 'identity,secrets', '--json', ...args]);
  const { checks } = JSON.parse(stdout) as Report;
  return checks.flatMap(({ findings }) => findings).find(({ subject }) => subject === 'sealing');
}

const sealed = (): boolean[] => [identityKey, vaultKey].map((path) => isSealed(readFileSync(path)));

describe('hybrid-runner seal', () => {
  it('needs a setting that names the key, and says which', async () => {
    const { code, stderr } = await place.call(['seal']);
    expect(code).toBe(2);
    expect(stderr).toContain('sealing: {credential: true}');
    expect(sealed()).toEqual([false, false]);
  });

  it.each([
    ['keyFile', randomBytes(32).toString('base64')],
    ['passphraseFile', PASSPHRASE],
  ])('seals both keys with %s; commands go on, and unseal undoes it', async (setting, text) => {
    configure({ [setting]: place.file('sealing', text) });
    expect((await place.call(['secrets', 'list'])).stderr).toContain('error NOT_SEALED');
    expect(await place.call(['seal'])).toMatchObject({ code: 0 });
    expect(sealed()).toEqual([true, true]);
    expect((await place.call(['secrets', 'list'])).stdout).toContain(REFERENCE);
    await place.call(['secrets', 'rotate']);
    expect(sealed()).toEqual([true, true]);
    expect(await sealingIn()).toMatchObject({ status: 'pass' });
    const again = await place.call(['seal', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ sealed: [] });
    const { stdout } = await place.call(['unseal', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ unsealed: [identityKey, vaultKey] });
    configure(undefined);
    expect((await place.call(['secrets', 'list'])).stdout).toContain(REFERENCE);
    expect(await sealingIn()).toMatchObject({ status: 'skip' });
  });

  it('is in the audit trail with the user of the system, and so is its opposite', async () => {
    configure({ keyFile: place.file('sealing', randomBytes(32).toString('base64')) });
    await place.call(['seal']);
    await place.call(['unseal']);
    const user = userInfo().username;
    expect(events().filter(({ event }) => event === 'sealing')).toMatchObject([
      { change: 'seal', by: `the key in ${join(place.directory, 'sealing')}`, user },
      { change: 'unseal', user },
    ]);
  });

  it('changes nothing if that cannot be recorded', async () => {
    configure({ keyFile: place.file('sealing', randomBytes(32).toString('base64')) });
    chmodSync(join(place.stateDir, 'audit'), 0o700);
    const name = readdirSync(join(place.stateDir, 'audit')).find((each) => each.endsWith('.jsonl'));
    writeFileSync(join(place.stateDir, 'audit', name!), '{"event":"forged"}\n');
    expect((await place.call(['seal'])).stderr).toContain('error AUDIT_UNWRITABLE');
    expect(sealed()).toEqual([false, false]);
  });

  it('leaves the keys of a running runner alone', async () => {
    configure({ keyFile: place.file('sealing', randomBytes(32).toString('base64')) });
    const path = join(place.stateDir, 'lock');
    const lock = await acquireFileLock({ path, what: 'this', processes: systemProcesses });
    const { code, stderr } = await place.call(['seal']);
    await lock.release();
    expect(code).not.toBe(0);
    expect(stderr).toContain('error STATE_LOCKED');
    expect(stderr).toContain('systemctl stop');
    expect(sealed()).toEqual([false, false]);
  });

  it('says what is missing when the setting or the key is gone', async () => {
    const keyFile = place.file('sealing', randomBytes(32).toString('base64'));
    configure({ keyFile });
    await place.call(['seal']);
    writeFileSync(keyFile, randomBytes(32).toString('base64'));
    for (const command of [['secrets', 'list'], ['service', 'check'], ['seal']])
      expect((await place.call(command)).stderr).toContain('error SEALING_KEY_WRONG');
    configure(undefined);
    for (const command of [
      ['secrets', 'list'],
      ['service', 'check'],
    ])
      expect((await place.call(command)).stderr).toContain('error SEALING_KEY_MISSING');
    expect((await place.call(['run'])).stderr + (await place.call(['run'])).stdout).toContain(
      'SEALING_KEY_MISSING',
    );
  });
});
