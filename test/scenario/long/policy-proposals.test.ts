import { chmodSync, chownSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireFileLock } from '../../../foundation/src/runtime/file-lock.ts';
import { systemProcesses } from '../../../foundation/src/runtime/processes.ts';
import { Place, type Result } from '../../cli/command-line.ts';

const SERVICE_USER = 65_534;
const POLICY = '# Ours\nversion: 1\nsecrets: []\n';
const WORKFLOW = JSON.stringify({
  source: {
    type: 'salesforce',
    serviceName: 'crm',
    serviceConnection: {
      config: {
        type: 'Salesforce',
        username: 'etl@acme.example',
        password: 'secret:/sf/password',
        salesforceDomain: 'acme.my',
      },
    },
    sourceConfig: { config: {} },
  },
});

let place: Place;
beforeEach(() => {
  place = new Place();
  place.file('policy.yaml', POLICY, 0o644);
});
afterEach(() => place.close());

interface Proposed {
  readonly proposals: readonly {
    readonly id: string;
    readonly rule: object;
    readonly diff: string;
  }[];
}

/** A job whose secret is denied. */
async function beDenied(secret = '/sf/password'): Promise<void> {
  const text = WORKFLOW.replace('/sf/password', secret);
  const file = place.file('workflow.json', text, 0o644);
  const { stdout } = await place.call(['test-connection', '--workflow', file, '--json']);
  expect(stdout).toContain('SECRET_UNAVAILABLE');
}

async function proposed(): Promise<Proposed['proposals']> {
  const { code, stdout } = await place.call(['policy', 'propose', '--json']);
  expect(code).toBe(0);
  return (JSON.parse(stdout) as Proposed).proposals;
}

/** Commands that need the audit trail wait for each other's end, and for this. */
async function whileTrailIsLocked(
  start: () => Promise<readonly Promise<Result>[]>,
): Promise<readonly Result[]> {
  const lock = await acquireFileLock({
    path: join(place.stateDir, 'audit', 'lock'),
    what: 'the trail',
    processes: systemProcesses,
  });
  const calls = await start();
  await lock.release();
  return Promise.all(calls);
}

/** Does something a while after the command has begun, and before it may write. */
async function approveDuring(id: string, ms: number, work: () => void): Promise<Result> {
  const [result] = await whileTrailIsLocked(async () => {
    const call = place.call(['policy', 'approve', id]);
    const hasBegun = (): boolean => existsSync(join(place.stateDir, 'policy'));
    while (!hasBegun()) await delay(20);
    await delay(ms);
    work();
    return [call];
  });
  return result!;
}

const policy = (): string => readFileSync(join(place.directory, 'policy.yaml'), 'utf8');

describe('policy propose', () => {
  it('shows what was denied as a change of the file, and changes nothing', async () => {
    expect((await place.call(['policy', 'propose'])).stdout).toContain('Nothing was denied');
    await beDenied();
    const { stdout, stderr } = await place.call(['policy', 'propose']);
    expect(stdout).toMatch(/^[0-9a-f]{64}: secret:\/sf\/password for acme\.my\.salesforce\.com/);
    expect(stdout).toContain('-secrets: []\n+secrets:\n+  - ref: /sf/password\n');
    expect(stderr).toContain('The control plane has chosen all of it.');
    expect(policy()).toBe(POLICY);
  });
});

describe('policy approve', () => {
  it('adds what was shown, and records who did it before it is in force', async () => {
    await beDenied();
    const { id } = (await proposed())[0]!;
    const { code, stdout } = await place.call(['policy', 'approve', id], {
      env: { SUDO_USER: 'ada' },
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Added to \S+policy\.yaml, for the next job:\n\{.*"ref":"\/sf\/password"/,
    );
    expect(policy()).toMatch(/^# Ours\nversion: 1\nsecrets:\n {2}- ref: \/sf\/password\n/);
    expect(await proposed()).toEqual([]);
    const trail = place.contents();
    expect(trail).toMatch(/"approved":\["[0-9a-f]{64}"\],"event":"policyApproved","from":/);
    expect(trail).toContain('"sudoUser":"ada"');
    expect((await place.call(['audit', 'verify'])).code).toBe(0);
    expect((await place.call(['policy', 'check'])).code).toBe(0);
  });

  it('loses neither rule when two users approve at the same time', async () => {
    await beDenied();
    await beDenied('/sf/other');
    const ids = (await proposed()).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    const codes = await whileTrailIsLocked(async () => {
      const calls = ids.map((id) => place.call(['policy', 'approve', id]));
      await delay(1_500);
      return calls;
    });
    expect(codes.map(({ code }) => code)).toEqual([0, 0]);
    expect(policy().match(/- ref: /g)).toHaveLength(2);
  });

  it('undoes no edit that somebody makes meanwhile', async () => {
    await beDenied();
    const { id } = (await proposed())[0]!;
    const edited = `${POLICY}jobs: {kinds: [metadata]}\n`;
    // The command may not have read the file yet; then it keeps the edit, and is asked again.
    for (const ms of [200, 1_000, 5_000]) {
      place.file('policy.yaml', POLICY, 0o644);
      const { code, stderr } = await approveDuring(id, ms, () => {
        place.file('policy.yaml', edited, 0o644);
      });
      expect(policy()).toContain('jobs: {kinds: [metadata]}\n');
      if (code === 0) continue;
      expect(stderr).toContain('was changed meanwhile');
      expect(policy()).toBe(edited);
      return;
    }
    throw new Error('the command has always read the file after the edit');
  });

  it('makes no state directory, which would belong to root', async () => {
    expect((await place.call(['policy', 'approve', 'x'])).code).toBe(3);
    expect(existsSync(place.stateDir)).toBe(false);
  });

  it.each([
    ['an id that was not shown', ['000000000000'], 3],
    ['no id', [], 2],
  ])('changes nothing with %s', async (_what, ids, expected) => {
    await beDenied();
    const { code } = await place.call(['policy', 'approve', ...ids]);
    expect([code, policy()]).toEqual([expected, POLICY]);
  });

  it.runIf(process.getuid?.() === 0)(
    'lets root change its own policy with what the service has denied',
    async () => {
      chmodSync(place.directory, 0o755);
      chmodSync(place.config, 0o644);
      chownSync(place.folder('state'), SERVICE_USER, SERVICE_USER);
      await beDenied();
      const { id } = (await proposed())[0]!;
      expect((await place.call(['policy', 'approve', id])).code).toBe(0);
      const { uid, mode } = statSync(join(place.directory, 'policy.yaml'));
      expect([uid, mode & 0o777]).toEqual([0, 0o644]);
      expect(statSync(join(place.stateDir, 'audit')).uid).toBe(SERVICE_USER);
      expect((await place.call(['audit', 'verify'])).code).toBe(0);
    },
  );
});
