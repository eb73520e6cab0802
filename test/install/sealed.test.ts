import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { debOf, type Installation } from './installation.ts';
import type { Machine } from './machine.ts';
import { obstacle } from './obstacle.ts';
import { type Outside, PASSWORD_REFERENCE } from './outside.ts';
import { readmeCommands } from './readme.ts';
import { ownVersion, pack } from './release.ts';
import { openStage, type Stage } from './stage.ts';

const STATE = '/var/lib/hybrid-runner';
const VAULT_KEY = '/etc/hybrid-runner/keys/vault.key';
const CREDENTIAL = '/etc/credstore.encrypted/hybrid-runner@sealing-key';
const HOST_KEY = '/var/lib/systemd/credential.secret';

let stage: Stage | undefined;
let machine: Machine;
let outside: Outside;
let installation: Installation;

/** Files with a private key that are not sealed. */
const inTheOpen = async (): Promise<string> =>
  (
    await machine.asRoot(
      `grep --files-without-match --recursive '^hybrid-runner-sealed-1$' ${STATE}/identity/*.pem ${VAULT_KEY}; grep --files-with-matches --recursive -e 'PRIVATE KEY' -e 'vault-key-1:' /etc/hybrid-runner ${STATE}`,
    )
  ).stdout;

const restart = async (): Promise<void> => {
  await machine.ask('systemctl restart hybrid-runner');
  await machine.waitFor('the runner to connect', () => outside.connected());
};

const check = async (): Promise<string> =>
  (await machine.asPerson('sudo hybrid-runner service check')).stderr;

describe.skipIf(obstacle() !== undefined)('keys that systemd seals', () => {
  const commands = readmeCommands('Install a runner');

  beforeAll(async () => {
    stage = await openStage(24);
    ({ machine, outside, installation } = stage);
    const release = await pack(ownVersion(), 'deb', stage.scratch);
    installation.copyIn(release, debOf(ownVersion()));
    await installation.followUntil(commands, 'apt install');
  });
  afterAll(() => stage?.close());

  it('can be set up before the enrollment, for this machine only', async () => {
    await machine.ask(
      'printf "sealing: {credential: true}\\n" >> /etc/hybrid-runner/runner.yaml && chmod go+r /etc/hybrid-runner/runner.yaml',
    );
    expect(await machine.asPerson('hybrid-runner seal')).not.toMatchObject({ code: 0 });
    expect(await machine.asPerson('sudo hybrid-runner seal')).toMatchObject({ code: 0 });
    expect(await machine.ask(`stat --format '%U %a' ${CREDENTIAL}`)).toBe('root 600');
  });

  it('are sealed by enroll and secrets set, and open for the service and for root', async () => {
    await installation.followUntil(commands, 'service install --now');
    await machine.waitFor('the runner to connect', () => outside.connected());
    expect(await inTheOpen()).toBe('');
    expect((await machine.asPerson('sudo hybrid-runner secrets list')).stdout).toContain(
      PASSWORD_REFERENCE,
    );
    const report = await machine.asPerson('sudo hybrid-runner doctor');
    expect(report.stdout).toContain('systemd credential hybrid-runner@sealing-key');
    expect(report.code).toBe(0);
    await installation.expectWhole(await outside.startRun());
  });

  it('do not open for the service’s user outside the service', async () => {
    const { stderr } = await machine.asPerson('sudo -u hybrid-runner hybrid-runner secrets list');
    expect(stderr).toContain('error SEALING_KEY_MISSING');
  });

  it('stay sealed when the runner replaces the key of its identity, across a restart', async () => {
    const before = await machine.ask(`cat ${STATE}/identity/key.pem`);
    await machine.ask(
      String.raw`sed -i -E 's/("enrolledAt":\s*)"[^"]*"/\1"2020-01-01T00:00:00.000Z"/' ${STATE}/settings.json`,
    );
    await restart();
    await machine.waitFor(
      'the key to be replaced',
      async () => (await machine.ask(`cat ${STATE}/identity/key.pem`)) !== before,
    );
    expect(await machine.ask(`cat ${STATE}/identity/key.previous.pem`)).toBe(before);
    await machine.asPerson('sudo hybrid-runner secrets rotate');
    await restart();
    expect(await inTheOpen()).toBe('');
    await installation.expectWhole(await installation.runInside());
  });

  it('open nothing in a copy of state and configuration', async () => {
    await machine.ask(`systemctl stop hybrid-runner && mv ${CREDENTIAL} /root/credential`);
    expect(await check()).toContain('error SEALING_KEY_MISSING');
    expect((await machine.asPerson('sudo hybrid-runner secrets list')).stderr).toContain(
      'error SEALING_KEY_MISSING',
    );
    expect((await machine.asRoot('systemctl start hybrid-runner')).code).not.toBe(0);
    expect((await machine.asPerson('sudo hybrid-runner seal')).stderr).toContain(
      'error SEALING_KEY_MISSING',
    );
    await machine.ask(`systemctl stop hybrid-runner && mv /root/credential ${CREDENTIAL}`);
  });

  it('open nothing on a machine with another key of systemd, even with the credential', async () => {
    await machine.ask(`mv ${HOST_KEY} /root/host-key && systemd-creds setup`);
    expect(await check()).toContain('error SEALING_KEY_MISSING');
    expect((await machine.asRoot('systemctl start hybrid-runner')).code).not.toBe(0);
    await machine.ask(`systemctl stop hybrid-runner && mv /root/host-key ${HOST_KEY}`);
    await machine.ask('systemctl reset-failed hybrid-runner');
    await restart();
    await installation.expectWhole(await installation.runInside());
  });

  it('are in the open again after unseal, without the setting', async () => {
    await machine.ask('systemctl stop hybrid-runner');
    expect(await machine.asPerson('sudo hybrid-runner unseal')).toMatchObject({ code: 0 });
    expect(await check()).toContain('error NOT_SEALED');
    await machine.ask("sed -i '/^sealing:/d' /etc/hybrid-runner/runner.yaml");
    await restart();
    expect(await inTheOpen()).toContain('key.pem');
    await installation.expectWhole(await installation.runInside());
  });

  it('can be sealed on a runner that has been running without', async () => {
    await machine.ask('printf "sealing: {credential: true}\\n" >> /etc/hybrid-runner/runner.yaml');
    expect((await machine.asPerson('sudo hybrid-runner seal')).stderr).toContain(
      'error STATE_LOCKED',
    );
    await machine.ask('systemctl stop hybrid-runner');
    expect(await machine.asPerson('sudo hybrid-runner seal')).toMatchObject({ code: 0 });
    await restart();
    expect(await inTheOpen()).toBe('');
    await installation.expectWhole(await installation.runInside());
  });
});
