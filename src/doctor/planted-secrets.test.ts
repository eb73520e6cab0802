import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectProxy } from '../../test/support/connect-proxy.ts';
import { DoctorScene } from '../../test/support/doctor-scene.ts';
import { found } from '../../test/support/secret-search.ts';
import { reportText } from '../cli/doctor-text.ts';

/** Secrets by where they are; with the one of the proxy there are 100. */
const VAULT = planted('vault', 40);
const FILES = planted('file', 30);
const ENVIRONMENT = planted('env', 29);
const PROXY = 'Pr0xy-p@ss-word/zyx';
const ALL = [VAULT, FILES, ENVIRONMENT].flatMap((place) => Object.values(place)).concat(PROXY);

function planted(place: string, count: number): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `${place}-${index}`,
      `Secret "${place}" <${index}> ${(index * 7919 + 104_729).toString(36)}&more`,
    ]),
  );
}

let scene: DoctorScene;
let proxy: ConnectProxy;
const env: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(ENVIRONMENT).map(([name, value]) => [
    `HYBRID_SECRET_PLANTED__${name.toUpperCase().replace('-', '_')}`,
    value,
  ]),
);

beforeEach(async () => {
  scene = await DoctorScene.open();
  proxy = await ConnectProxy.open({ credentials: `user:${PROXY}` });
  const directory = scene.folder('files');
  for (const [name, value] of Object.entries(FILES)) writeFileSync(join(directory, name), value);
  await scene.store(
    Object.fromEntries(
      Object.entries(VAULT).map(([name, value]) => [`secret:/planted/${name}`, value]),
    ),
  );
  scene.configure({
    network: { proxy: proxyAddress('') },
    secrets: { files: { directory }, environment: { enabled: true } },
  });
});
afterEach(async () => {
  await proxy.close();
  await scene.close();
});

function proxyAddress(path: string): string {
  return `http://user:${encodeURIComponent(PROXY)}@127.0.0.1:${proxy.port}${path}`;
}

/** The secrets in everything that the command can print. */
async function printed(variables: NodeJS.ProcessEnv = {}): Promise<readonly string[]> {
  const report = await scene.diagnose({ env: { ...env, ...variables } });
  const text = reportText(report, { color: false, width: undefined });
  expect(text.length).toBeGreaterThan(1_000);
  return found(Buffer.from(`${JSON.stringify(report)}\n${text}`), ALL);
}

describe('none of a hundred secrets is printed', () => {
  it('when the report names all of their references', async () => {
    expect(ALL).toHaveLength(100);
    expect(await printed()).toEqual([]);
    const report = JSON.stringify(await scene.diagnose({ env }));
    for (const name of ['planted/vault-0', 'file-0', 'planted/env-0'])
      expect(report).toContain(`secret:/${name}`);
  });

  it('when files are unsafe, the vault is damaged and the proxy rejects the password', async () => {
    for (const name of Object.keys(FILES)) chmodSync(join(scene.directory, 'files', name), 0o666);
    writeFileSync(join(scene.stateDir, 'vault.json'), scene.vault().subarray(0, -9));
    scene.configure({ network: { proxy: proxyAddress('').replace('user', 'other') } });
    expect(await printed()).toEqual([]);
  });

  it('when the setting with the password is invalid, in the file and in a variable', async () => {
    expect(await printed({ HYBRID_RUNNER_NETWORK_PROXY: proxyAddress('/path') })).toEqual([]);
    scene.configure({ network: { proxy: [proxyAddress('')] }, name: { text: PROXY } });
    expect(await printed()).toEqual([]);
  });
});
