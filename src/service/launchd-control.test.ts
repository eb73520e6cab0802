import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestHost, USER_ID } from '../../test/support/service-host.ts';
import { installService } from './install.ts';
import { readServiceState } from './state.ts';
import { uninstallService } from './uninstall.ts';

// On a machine of this system with programs in the place of those of macOS.
const canInstall = process.getuid?.() === 0 && process.platform === 'linux';
const PYTHON = '/usr/bin/python3';
const LOG = '/var/log/hybrid-runner.log';
const user = '_hybrid-runner';

let host: TestHost;

beforeEach(() => {
  host = new TestHost(mkdtempSync(join(canInstall ? '/var/lib' : tmpdir(), 'install-test-')));
  chmodSync(host.directory, 0o755);
  host.platform = 'darwin';
  host.systemdRuns = false;
});
afterEach(() => rmSync(host.directory, { recursive: true, force: true }));

describe.runIf(canInstall)('service install on macOS', () => {
  it('creates user and group once, with a number that is free, and describes the service', async () => {
    await installService(host.options({ user }), host);
    await installService(host.options({ user }), host);
    expect(host.calls.slice(0, 6)).toEqual([
      `dseditgroup -o create -i 398 -r Hybrid Ingestion Runner ${user}`,
      `sysadminctl -addUser ${user} -fullName Hybrid Ingestion Runner -UID 398 -GID 398 -home /var/empty -shell /usr/bin/false -roleAccount`,
      `touch ${LOG}`,
      `chown ${user} ${LOG}`,
      `chmod 600 ${LOG}`,
      'launchctl enable system/hybrid-runner',
    ]);
    expect(host.calls.filter((call) => call.includes('-addUser'))).toHaveLength(1);
    expect(host.calls.some((call) => call.startsWith('launchctl bootstrap'))).toBe(false);
    expect(statSync(host.plistFile).mode & 0o777).toBe(0o644);
  });

  it('starts the service with startNow, and again after the old one has drained', async () => {
    const options = host.options({ user, startNow: true });
    await installService(options, host);
    expect(host.calls.at(-1)).toBe(`launchctl bootstrap system ${host.plistFile}`);
    expect(await readServiceState(host)).toEqual({ isRunning: true, pid: 4711 });
    await installService(options, host);
    expect(host.calls.slice(-2)).toEqual([
      'launchctl bootout system/hybrid-runner',
      `launchctl bootstrap system ${host.plistFile}`,
    ]);
  });

  it('hands files over as with systemd', async () => {
    const { state, policy } = host.makeFiles();
    await installService(host.options({ user }), host);
    expect(statSync(state)).toMatchObject({ uid: USER_ID, gid: USER_ID });
    expect(statSync(policy)).toMatchObject({ uid: 0, gid: USER_ID });
  });

  it('changes nothing when it rejects', async () => {
    const check = (): Promise<void> => Promise.reject(new Error('not enrolled'));
    await expect(installService(host.options({ user, check }), host)).rejects.toThrow('enrolled');
    expect([host.calls, readdirSync(host.directory)]).toEqual([[], []]);
    await expect(installService(host.options({ user: 'people' }), host)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      remedy: expect.stringContaining('_hybrid-runner') as string,
    });
    expect(host.calls).toEqual([]);
    host.isRoot = false;
    await expect(installService(host.options({ user }), host)).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
    });
  });

  it.runIf(existsSync(PYTHON))('writes a property list that a parser reads', async () => {
    const args = ['--config', '/etc/a&b <c>', '--name', 'run "1"'];
    await installService(host.options({ user, args }), host);
    const script =
      'import json, plistlib, sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))';
    const text = execFileSync(PYTHON, ['-c', script], { input: readFileSync(host.plistFile) });
    expect(JSON.parse(text.toString())).toMatchObject({
      Label: 'hybrid-runner',
      ProgramArguments: ['/usr/bin/env', '/usr/bin/env', 'run', ...args, '--state-dir', host.state],
      UserName: user,
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      Umask: 0o77,
      StandardErrorPath: LOG,
    });
  });
});

describe.runIf(canInstall)('service uninstall on macOS', () => {
  it('stops the service and keeps state, configuration and user', async () => {
    const { state } = host.makeFiles();
    await installService(host.options({ user, startNow: true }), host);
    await uninstallService(host);
    expect(host.calls.at(-1)).toBe('launchctl bootout system/hybrid-runner');
    expect(await readServiceState(host)).toEqual({ isRunning: false, pid: 0 });
    expect([existsSync(host.plistFile), existsSync(state), host.users.size]).toEqual([
      false,
      true,
      1,
    ]);
  });

  it('removes everything with --purge, with the user of the installed service', async () => {
    host.makeFiles();
    await installService(host.options({ user, args: ['--config', '/etc/a&b'] }), host);
    await expect(uninstallService(host, host.purge())).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      remedy: expect.stringContaining('--config "/etc/a&b" --state-dir') as string,
    });
    await uninstallService(host, { ...host.purge(), args: ['--config', '/etc/a&b'] });
    expect(readdirSync(host.directory)).toEqual([]);
    expect(host.calls.slice(-3)).toEqual([
      `rm -f ${LOG}`,
      `sysadminctl -deleteUser ${user}`,
      `dseditgroup -o delete ${user}`,
    ]);
  });
});
