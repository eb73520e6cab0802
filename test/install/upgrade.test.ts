import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveOf, breakRelease, copyRelease, makeReleaseKey, nameOf } from './archive.ts';
import { PERSON } from './debian-root.ts';
import type { Installation } from './installation.ts';
import type { Machine } from './machine.ts';
import { obstacle } from './obstacle.ts';
import type { Outside } from './outside.ts';
import { readmeCommands } from './readme.ts';
import { ownVersion, pack } from './release.ts';
import type { Result } from './run.ts';
import { NEWER, openStage, type Stage } from './stage.ts';

let stage: Stage | undefined;
let machine: Machine;
let outside: Outside;
let installation: Installation;

const selected = (): Promise<string> => machine.ask('readlink /opt/hybrid-runner');
const mainPid = (): Promise<string> =>
  machine.ask('systemctl show --property=MainPID --value hybrid-runner');
const upgrade = (directory: string): Promise<Result> =>
  machine.asPerson(`sudo hybrid-runner upgrade --archive ${directory}/${archiveOf(NEWER)}`);

async function expectConnected(version: string): Promise<void> {
  await machine.waitFor(`${version} to connect`, async () => {
    const { stdout } = await machine.asPerson('sudo hybrid-runner status --json');
    return (JSON.parse(stdout) as { version: string }).version === version;
  });
  await machine.waitFor('the runner to connect', () => outside.connected());
}

describe.skipIf(obstacle() !== undefined)('upgrade of an archive, below a live service', () => {
  beforeAll(async () => {
    stage = await openStage(16);
    ({ machine, outside, installation } = stage);
    const { scratch } = stage;
    const signers = makeReleaseKey(scratch);
    const old = await pack(ownVersion(), 'archive', scratch, { signers });
    const newer = await pack(NEWER, 'archive', scratch, { signers });
    const broken = await breakRelease(newer, NEWER);
    const home = join(machine.root, 'home', PERSON);
    copyRelease(old, ownVersion(), join(home, 'old'));
    copyRelease(newer, NEWER, join(home, 'newer'));
    copyRelease(broken, NEWER, join(home, 'broken'));
    await machine.ask(
      `tar -xzf /home/${PERSON}/old/${archiveOf(ownVersion())} -C /opt --no-same-owner && ln -sfn ${nameOf(ownVersion())} /opt/hybrid-runner && ln -sf /opt/hybrid-runner/bin/hybrid-runner /usr/local/bin/hybrid-runner`,
    );
    const commands = readmeCommands('Install a runner');
    while (!commands[0]!.includes('enroll')) commands.shift();
    await installation.followUntil(commands, 'service install --now');
    await expectConnected(ownVersion());
  }, 1_800_000);
  afterAll(() => stage?.close());

  it('rolls back by itself when the new release does not connect within two minutes', async () => {
    const started = Date.now();
    const { code, stderr } = await upgrade('broken');
    expect(stderr).toContain(
      `error UPGRADE_FAILED: ${NEWER} did not connect; rolled back to ${ownVersion()}: no connection within two minutes`,
    );
    expect(code).not.toBe(0);
    expect(Date.now() - started).toBeGreaterThan(119_000);
    expect(await selected()).toBe(nameOf(ownVersion()));
    await expectConnected(ownVersion());
    await installation.expectWhole(await installation.runInside());
  }, 420_000);

  it('is undone by the next call when it is killed in the middle, and is alone until then', async () => {
    const before = await mainPid();
    const killed = upgrade('broken');
    await machine.waitFor('the new release to be selected', async () => {
      const pid = await mainPid();
      return (await selected()) === nameOf(NEWER) && pid !== before && pid !== '0';
    });
    expect((await upgrade('broken')).stderr).toContain('another upgrade is in progress');
    await machine.ask("pkill -KILL --full 'hybrid-runner[.]js upgrade'");
    expect((await killed).code).not.toBe(0);
    expect(await selected()).toBe(nameOf(NEWER));
    const { stderr } = await upgrade('newer');
    expect(stderr).toContain(
      `error UPGRADE_FAILED: an earlier upgrade was interrupted; rolled back to ${nameOf(ownVersion())}`,
    );
    expect(await selected()).toBe(nameOf(ownVersion()));
    await expectConnected(ownVersion());
    await installation.expectWhole(await installation.runInside());
  }, 300_000);
});
