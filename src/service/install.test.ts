import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { installService } from './install.ts';
import { systemdUnit } from './systemd.ts';
import { TestHost, USER_ID } from '../../test/support/service-host.ts';

let host: TestHost;

const canInstall = process.getuid?.() === 0 && process.platform === 'linux';

beforeEach(() => {
  // A service sees nothing of /tmp.
  host = new TestHost(mkdtempSync(join(canInstall ? '/var/lib' : tmpdir(), 'install-test-')));
  chmodSync(host.directory, 0o755);
});
afterEach(() => rmSync(host.directory, { recursive: true, force: true }));

describe.runIf(canInstall)('service install', () => {
  it('creates the user once, writes a world-readable unit, and enables it', async () => {
    await installService(host.options(), host);
    await installService(host.options(), host);
    expect(host.calls.filter((call) => call.startsWith('useradd'))).toHaveLength(1);
    expect(host.calls).toContain('systemctl enable hybrid-runner.service');
    expect(host.calls).not.toContain('systemctl restart hybrid-runner.service');
    expect(readFileSync(host.unitFile, 'utf8')).toContain(
      'ExecStart=/usr/bin/env /usr/bin/env run --config /etc/hybrid-runner\n',
    );
    expect(statSync(host.unitFile).mode & 0o777).toBe(0o644);
  });

  it('uses the unit of a package as it is, and writes another one only for other settings', async () => {
    const options = host.options();
    mkdirSync(dirname(host.packagedUnitFile));
    writeFileSync(host.packagedUnitFile, systemdUnit(options).replace(/^#.*/, '# Of the package'));
    await installService(host.options({ drainTimeoutMs: 5000 }), host);
    expect(readFileSync(host.unitFile, 'utf8')).toContain('TimeoutStopSec=50');
    await installService(options, host);
    expect(existsSync(host.unitFile)).toBe(false);
    expect(host.calls).toContain('systemctl enable hybrid-runner.service');
  });

  it('starts the service only with startNow', async () => {
    await installService(host.options({ startNow: true }), host);
    expect(host.calls.at(-1)).toBe('systemctl restart hybrid-runner.service');
  });

  it('gives state and keys to the service, and keeps configuration with root, private', async () => {
    const { state, config, keys, policy } = host.makeFiles();
    await installService(host.options(), host);
    for (const path of [state, join(state, 'identity', 'key.pem'), keys, join(keys, 'vault.key')])
      expect(statSync(path)).toMatchObject({ uid: USER_ID, gid: USER_ID });
    expect(statSync(config)).toMatchObject({ uid: 0, gid: USER_ID });
    expect(statSync(config).mode & 0o777).toBe(0o750);
    expect(statSync(policy)).toMatchObject({ uid: 0, gid: USER_ID });
    expect(statSync(policy).mode & 0o777).toBe(0o640);
  });

  it('creates the directory of the vault key, so that the service’s user can store its first secret', async () => {
    await installService(host.options(), host);
    expect(statSync(host.keys)).toMatchObject({ uid: USER_ID });
    expect(statSync(host.keys).mode & 0o777).toBe(0o700);
  });

  it('accepts everything that a running runner creates in its state', async () => {
    const { state } = host.makeFiles();
    for (const name of ['spool', 'connectors', 'runs', 'local-runs', 'audit', 'policy'])
      mkdirSync(join(state, name), { recursive: true });
    for (const name of [
      'settings.json',
      'enrolled-settings.json',
      'enrolled-network-caFile.pem',
      'vault.json',
      'vault.json.previous',
      'status.sock',
      'lock.1',
      'last-exit.json',
      'epochs',
      'place',
      '.write-check',
    ])
      writeFileSync(join(state, name), '');
    await installService(host.options(), host);
    expect(statSync(join(state, 'connectors'))).toMatchObject({ uid: USER_ID });
  });

  it('does not change the owner of the target of a symbolic link', async () => {
    const { state } = host.makeFiles();
    const secret = join(host.directory, 'shadow');
    writeFileSync(secret, 'x');
    symlinkSync(secret, join(state, 'vault.json'));
    await installService(host.options(), host);
    expect(statSync(secret)).toMatchObject({ uid: 0, gid: 0 });
  });

  it('repeats the checks as the service’s user, and enables nothing if they fail', async () => {
    let checks = 0;
    const check = (): Promise<void> =>
      ++checks === 2 ? Promise.reject(new RunnerError('FILE_UNREADABLE', 'x')) : Promise.resolve();
    await expect(installService(host.options({ check }), host)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
    expect(host.calls.filter((call) => call.startsWith('systemctl'))).toEqual([]);
    expect(existsSync(host.unitFile)).toBe(false);
  });
});

describe('service install changes nothing when it rejects', () => {
  const untouched = (): void => {
    expect(host.calls).toEqual([]);
    expect(readdirSync(host.directory)).toEqual([]);
  };

  it.each([
    ['another platform', { platform: 'win32' as const }, 'SERVICE_UNSUPPORTED'],
    ['anyone but root', { isRoot: false }, 'SERVICE_FAILED'],
    ['a machine whose init is not systemd', { systemdRuns: false }, 'SERVICE_UNSUPPORTED'],
  ])('%s', async (_who, change, code) => {
    await expect(installService(host.options(), Object.assign(host, change))).rejects.toMatchObject(
      { code },
    );
    untouched();
  });

  it('an incomplete runner', async () => {
    const check = (): Promise<void> =>
      Promise.reject(new RunnerError('NOT_ENROLLED', 'no identity'));
    await expect(installService(host.options({ check }), host)).rejects.toMatchObject({
      code: 'NOT_ENROLLED',
    });
    untouched();
  });

  it.each([
    ['a policy in a home directory', { policy: '/root/policy.yaml' }],
    ['a certificate in /tmp', { certificate: '/tmp/ca.pem' }],
  ])('%s, which a service cannot see', async (_what, places) => {
    await expect(installService(host.options({}, places), host)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
    untouched();
  });

  it('a program that only root can read', async () => {
    await expect(
      installService(host.options({ program: '/root/.npm/bin/hybrid-runner.js' }), host),
    ).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('/root') });
    untouched();
  });

  it('an invalid user name', async () => {
    await expect(
      installService(host.options({ user: 'a\nUser=root' }), host),
    ).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    untouched();
  });

  it('a state directory with files of other users', async () => {
    mkdirSync(join(host.state, 'postgresql'), { recursive: true });
    await expect(installService(host.options(), host)).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
    });
    expect(host.calls).toEqual([]);
  });
});

describe.runIf(canInstall)('a step that fails', () => {
  it('is an error with its cause and a remedy', async () => {
    host.failing = 'systemctl restart';
    await expect(installService(host.options({ startNow: true }), host)).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      cause: { message: 'failed' },
      remedy: expect.stringContaining('journalctl'),
    });
  });
});
