import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DoctorScene, findings, firstFailure } from '../../test/support/doctor-scene.ts';
import { serveStatus } from '../observability/status-socket.ts';
import type { ServiceHost } from '../service/host.ts';
import { lastExitFile } from '../service/last-exit.ts';

let scene: DoctorScene;
let closers: (() => Promise<void>)[];
beforeEach(async () => {
  closers = [];
  scene = await DoctorScene.open();
});
afterEach(async () => {
  for (const close of closers) await close();
  await scene.close();
});

interface UnitState {
  readonly active?: string;
  readonly file?: string;
  readonly load?: string;
  readonly user?: string;
  readonly config?: string;
}

/** A machine whose systemd has the unit in this state. */
function host({
  active = 'active',
  file = 'enabled',
  load = 'loaded',
  user = '',
  config = scene.directory,
}: UnitState): ServiceHost {
  const answer = [
    `LoadState=${load}`,
    `ActiveState=${active}`,
    `UnitFileState=${file}`,
    `User=${user}`,
    `ExecStart={ path=node ; argv[]=node hybrid-runner.js run --config ${config} ; }`,
  ].join('\n');
  return {
    platform: 'linux',
    isRoot: false,
    systemdRuns: true,
    unitFile: '',
    packagedUnitFile: '',
    plistFile: '',
    run: async (program) =>
      program === 'systemctl' ? answer : `${user}:x:54321:54321::/nonexistent:/usr/sbin/nologin`,
  };
}

/** A runner that says this of itself. */
async function runner(health: string, more: object = {}): Promise<void> {
  const status = { version: '0.1.0', pid: 4711, health: { name: health, text: `${health} now` } };
  const server = await serveStatus(join(scene.stateDir, 'status.sock'), () =>
    Promise.resolve({ ...status, ...more }),
  );
  closers.push(() => server.close());
}

type Row = readonly [setup: string, breaks: () => Promise<UnitState>, expected: RegExp];

const REVOKED = {
  code: 'RUNNER_REVOKED',
  message: 'runner has been revoked',
  remedy: 'If it was revoked by mistake, enroll it again.',
  retryable: false,
};

const ROWS: readonly Row[] = [
  ['a stopped service', async () => ({ active: 'inactive' }), /^service: unit: is stopped$/],
  [
    'a service that ended with an error',
    async () => {
      await lastExitFile(scene.stateDir).write(REVOKED, 0);
      return { active: 'failed' };
    },
    /^service: unit: is stopped; it ended at 1970-01-01T00:00:00\.000Z: RUNNER_REVOKED: runner has been revoked$/,
  ],
  [
    'a service that keeps being restarted',
    async () => ({ active: 'activating' }),
    /^service: unit: keeps being restarted$/,
  ],
  [
    'a service that does not answer',
    async () => ({}),
    /^service: runner: does not answer on its status socket$/,
  ],
  [
    'a data directory that belongs to another user than the service’s',
    async () => {
      await runner('connected');
      return { user: 'hybrid-runner' };
    },
    /^service: user: the service runs as hybrid-runner, but .*state belongs to another user/,
  ],
  [
    'a runner that does not reach its control plane',
    async () => {
      await runner('retrying');
      return {};
    },
    /^service: runner: process 4711, version 0\.1\.0: retrying now$/,
  ],
  [
    'an identity that two processes use',
    async () => {
      await runner('connected', { identityConflict: { at: 0, platform: 'x', version: 'y' } });
      return {};
    },
    /^service: identity: another process tries to connect with the identity of this runner$/,
  ],
];

describe('the first failure names', () => {
  it.each(ROWS)('%s', async (_setup, breaks, expected) => {
    const machine = { host: host(await breaks()) };
    expect(firstFailure(await scene.diagnose({ machine }))).toMatch(expected);
  });
});

describe('the service', () => {
  it('passes when it runs and is connected', async () => {
    await runner('connected');
    const report = await scene.diagnose({ machine: { host: host({}) } });
    expect(report.status).toBe('pass');
    expect(findings(report, 'pass')).toContain('service: unit: runs, and starts with the machine');
  });

  it.each([
    ['not installed', { load: 'not-found' }, 'service: unit: not installed'],
    [
      'not started yet',
      { active: 'inactive', file: 'disabled' },
      'service: unit: not enabled and not started',
    ],
  ] as const)(
    'is a warning while it is %s, since it is installed last',
    async (_what, state, text) => {
      const report = await scene.diagnose({ machine: { host: host(state) } });
      expect(findings(report, 'warn')).toEqual([text]);
    },
  );

  it('is a warning when it does not start with the machine', async () => {
    await runner('connected');
    const report = await scene.diagnose({ machine: { host: host({ file: 'disabled' }) } });
    expect(findings(report, 'warn')).toEqual([
      'service: unit: runs, but does not start with the machine',
    ]);
  });

  it('is left out when it has another configuration', async () => {
    const report = await scene.diagnose({ machine: { host: host({ config: '/etc/other' }) } });
    expect(findings(report, 'skip')).toContain(
      'service: unit: the service of this machine has another configuration',
    );
  });
});

describe('the state directory', () => {
  it('is a warning when it was copied since the control plane last accepted it', async () => {
    writeFileSync(join(scene.stateDir, 'place'), 'a-boot-id 2049 1\n', { mode: 0o600 });
    expect(findings(await scene.diagnose(), 'warn')).toEqual([
      'identity: state directory: was copied or restored since the control plane last accepted a runner from it',
    ]);
  });
});
