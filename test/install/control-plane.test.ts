import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ControlPlaneClient } from '../../demo/control-plane-client.ts';
import { PERSON, pristineRoot } from './debian-root.ts';
import { Machine, type Network } from './machine.ts';
import { obstacle } from './obstacle.ts';
import { documentedCommands } from './readme.ts';
import { ownVersion, pack } from './release.ts';
import { say, type Result } from './run.ts';

const NET = `28.${Math.floor(process.pid / 256) % 256}.${process.pid % 256}`;
const NETWORK: Network = { outside: [`${NET}.9`], inside: `${NET}.10`, prefixLength: 29 };
const DEB = `hybrid-control-plane_${ownVersion()}_amd64.deb`;
const STATE = '/var/lib/hybrid-control-plane';
/** The administrator's copy of the key, which no package may remove. */
const KEY_COPY = '/root/control-plane-1.key';
const commandsOf = (section: string): string[] =>
  documentedCommands('packaging/README.md', section);

let machine: Machine;
let scratch: string;
let before: readonly string[];

async function files(): Promise<string[]> {
  const found = await machine.ask(
    String.raw`find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/log -o -path /var/cache -o -path /var/lib/apt -o -path /var/backups -o -path /home/${PERSON} \) -prune -o -print`,
  );
  return found.split('\n').sort();
}

async function follow(commands: readonly string[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const command of commands) {
    say(command);
    const result = await machine.asPerson(command, command.includes('apt purge') ? 'y\n' : '');
    if (result.code !== 0)
      throw new Error(`${command} ended with ${result.code}:\n${result.stdout}${result.stderr}`);
    results.push(result);
  }
  return results;
}

/** An administrator's client, with the token and the certificate authority of the installation. */
async function withClient<Value>(
  use: (client: ControlPlaneClient) => Promise<Value>,
): Promise<Value> {
  const client = new ControlPlaneClient(
    `https://${NETWORK.inside}:7443/`,
    readFileSync(join(machine.root, STATE, 'admin-token'), 'utf8').trim(),
    readFileSync(join(machine.root, STATE, 'tls/ca.pem'), 'utf8'),
  );
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

const services = (): Promise<string[]> =>
  withClient(async (client) => {
    const { services: found } = await client.call<{ services: { name: string }[] }>(
      'GET',
      '/api/v1/services',
    );
    return found.map(({ name }) => name);
  });

const addService = (name: string): Promise<unknown> =>
  withClient((client) =>
    client.call('PUT', `/api/v1/services/${name}`, {
      type: 'Salesforce',
      connection: {
        type: 'Salesforce',
        username: 'catalog@acme.example',
        password: 'secret:/salesforce/prod/password',
        salesforceDomain: 'acme.my',
      },
    }),
  );

/** Without a program that speaks HTTP, which the machine does not have. */
const probe = (): Promise<string> =>
  machine.ask(
    String.raw`exec 3<>/dev/tcp/127.0.0.1/7480; printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3; cat <&3`,
  );

const answers = (): Promise<void> =>
  machine.waitFor('the control plane to answer', async () => Array.isArray(await services()));

describe.skipIf(obstacle() !== undefined)('the Debian package of the control plane', () => {
  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'control-plane-'));
    const release = await pack(ownVersion(), 'deb', scratch, { product: 'hybrid-control-plane' });
    machine = await Machine.boot(await pristineRoot(), NETWORK);
    before = await files();
    cpSync(join(release, DEB), join(machine.root, 'home', PERSON, DEB));
  });
  afterAll(async () => {
    await machine?.close();
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  });

  it('installs a service that answers on the network, on a machine without Node', async () => {
    expect((await machine.asRoot('command -v node')).stdout).toBe('');
    const commands = commandsOf('The control plane');
    await follow(commands.slice(0, -1));
    await answers();
    const [token] = await follow(commands.slice(-1));
    expect(token!.stdout.trim()).toBe(
      readFileSync(join(machine.root, STATE, 'admin-token'), 'utf8').trim(),
    );
    expect(await probe()).toMatch(/200 OK[^]*ready$/);
    const rating = await machine.ask(
      'systemd-analyze security --no-pager hybrid-control-plane.service',
    );
    const exposure = /Overall exposure level.*: (?<level>[\d.]+)/.exec(rating)?.groups?.['level'];
    expect(Number(exposure)).toBeLessThanOrEqual(1.5);
  });

  it('keeps everything that is not its own closed to its user, and its state to others', async () => {
    expect(await machine.ask(`stat --format '%U:%G %a' ${STATE}`)).toBe(
      'hybrid-control-plane:hybrid-control-plane 700',
    );
    const main = await machine.ask(
      'systemctl show --property=MainPID --value hybrid-control-plane',
    );
    expect(await machine.ask(`grep CapEff /proc/${main}/status`)).toMatch(/CapEff:\s0+$/);
  });

  it('returns to a backup that was made while it ran', async () => {
    await addService('kept');
    await follow(commandsOf('Back it up'));
    await addService('later');
    await follow(commandsOf('Restore it'));
    await answers();
    expect(await services()).toEqual(['kept']);
  });

  it('does not write a backup over another one', async () => {
    const { code, stderr } = await machine.asPerson(commandsOf('Back it up')[0]!);
    expect(code).toBe(2);
    expect(stderr).toContain('exists; name a directory that does not');
  });

  it('restarts after kill -9 with all that it had', async () => {
    await machine.ask('systemctl kill --signal=KILL hybrid-control-plane');
    await answers();
    expect(await services()).toEqual(['kept']);
  });

  it('is purged completely', async () => {
    expect(await machine.asPerson('sudo apt purge hybrid-control-plane', 'y\n')).toMatchObject({
      code: 0,
    });
    expect((await machine.asRoot('getent passwd hybrid-control-plane')).stdout).toBe('');
    expect((await machine.asRoot('pgrep --full hybrid-control-plane')).stdout).toBe('');
    expect((await files()).filter((path) => !before.includes(path))).toEqual([KEY_COPY]);
  });
});
