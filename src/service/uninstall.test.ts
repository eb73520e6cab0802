import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installService } from './install.ts';
import { systemdUnit } from './systemd.ts';
import { uninstallService } from './uninstall.ts';
import { TestHost } from '../../test/support/service-host.ts';

let host: TestHost;

const canInstall = process.getuid?.() === 0 && process.platform === 'linux';

beforeEach(() => {
  // A service sees nothing of /tmp.
  host = new TestHost(mkdtempSync(join(canInstall ? '/var/lib' : tmpdir(), 'install-test-')));
  chmodSync(host.directory, 0o755);
});
afterEach(() => rmSync(host.directory, { recursive: true, force: true }));

describe.runIf(canInstall)('service uninstall', () => {
  it('keeps state, configuration and user', async () => {
    const { state } = host.makeFiles();
    await installService(host.options(), host);
    await uninstallService(host);
    expect(host.calls).toContain('systemctl disable --now hybrid-runner.service');
    expect(existsSync(host.unitFile)).toBe(false);
    expect(existsSync(state)).toBe(true);
    expect(host.users.size).toBe(1);
  });

  it('removes everything with --purge, also from systemd', async () => {
    host.makeFiles();
    await installService(host.options(), host);
    mkdirSync(`${host.unitFile}.d`);
    await uninstallService(host, host.purge());
    expect(readdirSync(host.directory)).toEqual([]);
    expect(host.users.size).toBe(0);
    expect(host.calls.slice(-3)).toEqual([
      'systemctl daemon-reload',
      'systemctl reset-failed hybrid-runner.service',
      'userdel hybrid-runner',
    ]);
  });

  it('keeps a user that existed before, with --purge', async () => {
    host.users.set('hybrid-runner', 'Somebody');
    await installService(host.options(), host);
    await uninstallService(host, host.purge());
    expect(host.users.size).toBe(1);
  });

  it('rejects settings other than those of the installed unit with --purge, before it stops anything', async () => {
    await installService(
      host.options({ args: ['--config', '/etc/hybrid-runner', '--policy-file', '/a b'] }),
      host,
    );
    await expect(uninstallService(host, host.purge())).rejects.toMatchObject({
      code: 'SERVICE_FAILED',
      remedy:
        'Repeat the command with the settings of the service: --config /etc/hybrid-runner --policy-file "/a b"',
    });
    expect(host.calls).not.toContain('systemctl disable --now hybrid-runner.service');
  });

  it('compares all arguments of the installed unit, also after one that says run', async () => {
    const args = ['--config', '/etc/hybrid-runner', '--name', 'a run b'];
    await installService(host.options({ args }), host);
    await expect(uninstallService(host, host.purge())).rejects.toMatchObject({
      remedy: expect.stringContaining(': --config /etc/hybrid-runner --name "a run b"') as string,
    });
  });

  it('disables the unit of a package and leaves it to the package', async () => {
    mkdirSync(dirname(host.packagedUnitFile));
    writeFileSync(host.packagedUnitFile, systemdUnit(host.options()));
    await uninstallService(host);
    expect(host.calls).toContain('systemctl disable --now hybrid-runner.service');
    expect(existsSync(host.packagedUnitFile)).toBe(true);
  });

  it('stops a service whose unit file was deleted', async () => {
    await installService(host.options(), host);
    rmSync(host.unitFile);
    await uninstallService(host);
    expect(host.calls).toContain('systemctl stop hybrid-runner.service');
  });

  it('removes files without a running systemd', async () => {
    await installService(host.options(), host);
    const before = host.calls.length;
    await uninstallService(Object.assign(host, { systemdRuns: false }));
    expect(existsSync(host.unitFile)).toBe(false);
    expect(host.calls.slice(before)).toEqual([]);
  });
});
