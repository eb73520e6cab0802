import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openVault } from '../../src/secrets/vault/vault.ts';
import { found } from '../support/secret-search.ts';
import { Place } from './command-line.ts';

const signal = new AbortController().signal;

/** With the password of the proxy, 100 secrets. */
const PROXY = 'Pr0xy-p@ss-word/zyx';
const [VAULT, FILES, ENVIRONMENT] = [planted('vault', 40), planted('file', 30), planted('env', 29)];
const ALL = [...VAULT, ...FILES, ...ENVIRONMENT, PROXY];

function planted(place: string, count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) =>
      `Secret "${place}" <${index}> ${(index * 7919 + 104_729).toString(36)}&more/${place}`,
  );
}

let place: Place;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  place = new Place();
  const directory = place.folder('files');
  const vault = {
    file: join(place.stateDir, 'vault.json'),
    keyFile: join(place.directory, 'keys', 'vault.key'),
  };
  for (const folder of ['state', 'state/runs', 'keys', 'bin']) place.folder(folder);
  for (const [index, value] of FILES.entries())
    writeFileSync(join(directory, `file-${index}`), value, { mode: 0o600 });
  const opened = openVault(vault);
  for (const [index, value] of VAULT.entries())
    await opened.set(['planted', `vault-${index}`], value, signal);
  const url = `http://user:${encodeURIComponent(PROXY)}@127.0.0.1:1`;
  place.file(
    'runner.yaml',
    JSON.stringify({
      stateDir: place.stateDir,
      secrets: { vault, files: { directory }, environment: { enabled: true } },
      network: { proxy: url },
    }),
  );
  place.file('policy.yaml', `version: 1\n# ${ALL[0]}\nsecrets: []\n`);
  writeLogs();
  env = Object.fromEntries(
    ENVIRONMENT.map((value, index) => [`HYBRID_SECRET_PLANTED__ENV_${index}`, value]),
  );
  env['PATH'] = `${join(place.directory, 'bin')}${delimiter}${process.env['PATH']}`;
});
afterEach(() => place.close());

/** Everything in the forms that programs write, in the log of a run and in the journal. */
function writeLogs(): void {
  const forms = ALL.flatMap((value) => [
    value,
    encodeURIComponent(value),
    Buffer.from(value).toString('hex'),
    Buffer.from(value).toString('base64'),
    JSON.stringify(value),
  ]);
  const log = forms.map((text) => ({
    time: 1,
    level: 'info',
    message: `said ${text}`,
    data: { text, nested: { text } },
  }));
  const entry = { ref: { runId: 'run-1', attempt: 1, epoch: 1 }, log, omittedLines: 0 };
  writeFileSync(join(place.stateDir, 'runs', 'run-1.1.1.json'), JSON.stringify(entry));
  const journal = place.file(
    'journal.txt',
    `${forms.map((text) => `2026-01-01 runner: ${text}`).join('\n')}
  via http://user:other-password@proxy:1/ and said:
-----BEGIN PRIVATE KEY-----\nMC4CAQ-of-a-key\n-----END PRIVATE KEY-----\n`,
  );
  place.file('bin/journalctl', `#!/bin/sh\ncat ${journal}\n`, 0o755);
}

function unpack(archive: string): Readonly<Record<string, string>> {
  const directory = join(place.directory, 'unpacked');
  mkdirSync(directory);
  const { status } = spawnSync('tar', ['-xzf', archive, '-C', directory]);
  expect(status).toBe(0);
  const folder = join(directory, 'hybrid-runner-support');
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
}

const LIMIT = 120_000;

describe('a support bundle', () => {
  it(
    'contains none of 100 secrets, wherever they are and however they are encoded',
    async () => {
      const archive = join(place.directory, 'bundle.tar.gz');
      const { code, stdout, stderr } = await place.call(['support-bundle', '--output', archive], {
        env,
      });
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('Look before you send it');
      expect(statSync(archive).mode & 0o777).toBe(0o600);
      const files = unpack(archive);
      expect(Object.keys(files).toSorted().join(' ')).toBe(
        'configuration.json doctor.json environment.json journal.log manifest.json policy.json runs.json status.json versions.json',
      );
      const everything = Object.values(files).join('\n');
      expect(ALL).toHaveLength(100);
      expect(found(Buffer.from(everything), ALL)).toEqual([]);
      for (const text of ['other-password', 'MC4CAQ-of-a-key'])
        expect(everything).not.toContain(text);
      // What helps is still there.
      expect(files['journal.log']!.match(/runner: /g)).toHaveLength(500);
      expect(files['environment.json']).toContain('HYBRID_SECRET_PLANTED__ENV_3');
      expect(files['configuration.json']).toContain('http://hidden');
      for (const [name, text] of Object.entries(files))
        if (name.endsWith('.json')) expect(() => JSON.parse(text) as unknown).not.toThrow();
      expect(JSON.parse(files['manifest.json']!)).toMatchObject({
        files: expect.arrayContaining([
          expect.objectContaining({ name: 'runs.json', bytes: files['runs.json']!.length }),
        ]) as unknown,
      });
    },
    LIMIT,
  );

  it(
    'has no logs if the stored secrets cannot be read, and everything else',
    async () => {
      writeFileSync(join(place.directory, 'keys', 'vault.key'), 'broken', { mode: 0o600 });
      const archive = join(place.directory, 'bundle.tar.gz');
      expect(await place.call(['support-bundle', '--output', archive], { env })).toMatchObject({
        code: 0,
      });
      const files = unpack(archive);
      for (const name of ['runs.json', 'journal.log'])
        expect(JSON.parse(files[name]!)).toMatchObject({
          leftOut: 'failed to read the stored secrets to remove them',
        });
      expect(found(Buffer.from(Object.values(files).join('\n')), ALL)).toEqual([]);
      expect(files['versions.json']).toContain(process.platform);
    },
    LIMIT,
  );

  it(
    'is made although the configuration is invalid, and replaces no file',
    async () => {
      place.file('runner.yaml', 'capacity: many\n');
      const archive = join(place.directory, 'bundle.tar.gz');
      const call = (): ReturnType<Place['call']> =>
        place.call(['support-bundle', '--output', archive], { env });
      expect(await call()).toMatchObject({ code: 0 });
      expect(unpack(archive)['configuration.json']).toContain('CONFIG_INVALID');
      const again = await call();
      expect([again.code, again.stderr]).toEqual([3, expect.stringContaining('exists already')]);
    },
    LIMIT,
  );
});
