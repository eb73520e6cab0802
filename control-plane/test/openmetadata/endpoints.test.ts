import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../../test/support/certificates.ts';
import { temporaryFolder } from '../stage.ts';
import { runCommand } from './stage.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const LAUNCHER = fileURLToPath(new URL('../../bin/control-plane.js', import.meta.url));
const SERVER = ['--server', 'https://catalog.acme.example/api'];

function run(...argv: string[]): Promise<string> {
  return runCommand(folder.path, argv);
}

describe('control-plane openmetadata', () => {
  it('prints the password once, and the settings of the server', async () => {
    const text = await run(
      'add',
      '--name',
      'prod',
      ...SERVER,
      '--pool',
      'eu',
      '--url',
      'https://cp:7443',
    );
    const password = /Password \(shown once\): (?<password>\S{32})/.exec(text)?.groups?.[
      'password'
    ];
    for (const line of [
      'PIPELINE_SERVICE_CLIENT_CLASS_NAME=org.openmetadata.service.clients.pipeline.airflow.AirflowRESTClient',
      'PIPELINE_SERVICE_CLIENT_ENDPOINT=https://cp:7443\n',
      'AIRFLOW_USERNAME=openmetadata-prod',
      `AIRFLOW_PASSWORD=${password}`,
    ])
      expect(text).toContain(line);
    expect(text).toContain('Only if the control plane’s certificate is not of a public CA');
    expect(text).not.toContain('AIRFLOW_TRUST_STORE_PATH=');
    const shown = await run('show', '--name', 'prod');
    expect(shown).toContain('AIRFLOW_USERNAME=openmetadata-prod');
    expect(shown).not.toContain(password);
    expect(readFileSync(join(folder.path, 'store.sqlite'), 'latin1')).not.toContain(password);
  });

  it('prints JSON for machines, without hashes', async () => {
    const added = JSON.parse(await run('add', '--name', 'prod', ...SERVER, '--json')) as object;
    expect(added).toMatchObject({
      name: 'prod',
      user: 'openmetadata-prod',
      password: expect.any(String),
      serverSettings: { AIRFLOW_USERNAME: 'openmetadata-prod' },
    });
    const listed = await run('list', '--json');
    expect(JSON.parse(listed)).toMatchObject({ endpoints: [{ name: 'prod', deployments: 0 }] });
    expect(listed).not.toContain('scrypt');
  });

  it.each([
    ['https://catalog.acme.example', 'https://catalog.acme.example/api'],
    ['https://catalog.acme.example/', 'https://catalog.acme.example/api'],
    ['https://acme.example/om/api/', 'https://acme.example/om/api'],
    ['http://localhost:8585/api', 'http://localhost:8585/api'],
    ['http://[::1]:8585', 'http://[::1]:8585/api'],
  ])('takes %s as %s', async (server, stored) => {
    await run('add', '--name', 'prod', '--server', server);
    expect(await run('list')).toBe(`prod  ${stored}  0 deployed pipelines\n`);
  });

  it.each([
    [['--name', 'Prod', ...SERVER], '--name must be'],
    [['--name', 'p', '--server', 'http://catalog'], '--server must be https://'],
    [['--name', 'p', '--server', 'http://localhost.acme.example'], '--server must be https://'],
    [['--name', 'p', '--server', 'https://a:b@catalog'], '--server must be https://'],
    [['--name', 'p', ...SERVER, '--pool', 'a b'], 'not the name of a pool'],
    [['--name', 'p', ...SERVER, '--pool-rule', 'eu'], '--pool-rule must be'],
    [['--name', 'p', ...SERVER, '--ca', '/nowhere'], '--ca: failed to read'],
    [['--name', 'p', ...SERVER, '--upstream-airflow', 'http://a'], 'must be given together'],
    [['--name', 'p', ...SERVER, '--user', 'a:b'], '--user must be'],
  ])('rejects add %j', async (options, message) => {
    await expect(run('add', ...options)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message),
    });
    expect(existsSync(join(folder.path, 'store.sqlite')) && (await run('list'))).toBeFalsy();
  });

  it('rejects an invalid certificate', async () => {
    const file = join(folder.path, 'ca.pem');
    writeFileSync(file, 'no certificate');
    await expect(run('add', '--name', 'p', ...SERVER, '--ca', file)).rejects.toThrow('PEM');
  });

  it('rejects a name in use, an unknown name, and a folder that does not exist', async () => {
    await run('add', '--name', 'prod', ...SERVER);
    await expect(run('add', '--name', 'prod', ...SERVER)).rejects.toThrow('already exists');
    await expect(run('show', '--name', 'other')).rejects.toThrow('other does not exist');
    await expect(runCommand(join(folder.path, 'none'), ['list'])).rejects.toThrow('does not exist');
  });

  it('takes user and password from the operator, and does not print the password', async () => {
    const file = join(folder.path, 'password');
    writeFileSync(file, 'chosen by the operator\n');
    const chosen = ['--user', 'om', '--password-file', file];
    const text = await run('add', '--name', 'prod', ...SERVER, ...chosen);
    expect(text).toContain('AIRFLOW_USERNAME=om\n');
    expect(text).toContain('AIRFLOW_PASSWORD=(as given in --password-file)\n');
    expect(text).not.toContain('chosen by the operator');
    await expect(run('add', '--name', 'test', ...SERVER, '--user', 'om')).rejects.toThrow(
      'user om has another endpoint',
    );
    writeFileSync(file, 'short');
    await expect(run('rotate', '--name', 'prod', '--password-file', file)).rejects.toThrow(
      'at least 16 characters',
    );
  });

  it('changes the given settings only', async () => {
    await run('add', '--name', 'prod', ...SERVER, '--pool', 'eu', '--pool-rule', 'a*=us');
    const password = join(folder.path, 'password');
    writeFileSync(password, 'airflow');
    const upstream = ['--upstream-airflow', 'http://airflow:8080/', '--upstream-user', 'admin'];
    const change = async (...options: string[]): Promise<object> =>
      JSON.parse(await run('change', '--name', 'prod', '--json', ...options)) as object;
    expect(
      await change(
        ...upstream,
        '--upstream-password-file',
        password,
        '--allow-plain-secrets',
        '--profile',
      ),
    ).toMatchObject({
      server: 'https://catalog.acme.example/api',
      pool: 'eu',
      poolRules: [{ service: 'a*', pool: 'us' }],
      allowPlainSecrets: true,
      profile: true,
      sampleRows: false,
      upstream: { url: 'http://airflow:8080', user: 'admin' },
    });
    const taken = [
      '--no-pool',
      '--no-pool-rule',
      '--no-upstream-airflow',
      '--no-allow-plain-secrets',
    ];
    expect(await change(...taken)).toMatchObject({
      pool: null,
      poolRules: [],
      allowPlainSecrets: false,
      upstream: null,
    });
    await expect(run('change', '--name', 'other')).rejects.toThrow('other does not exist');
  });

  it('shows every setting, the upstream without its password', async () => {
    const [password, ca] = [join(folder.path, 'password'), join(folder.path, 'ca.pem')];
    writeFileSync(password, 'airflow-password');
    writeFileSync(ca, (await createAuthority()).caPem);
    await run(
      'add',
      '--name',
      'prod',
      ...SERVER,
      '--ca',
      ca,
      '--pool',
      'eu',
      '--pool-rule',
      'a*=us',
    );
    const upstream = ['--upstream-airflow', 'http://airflow:8080', '--upstream-user', 'admin'];
    const changed = await run(
      'change',
      '--name',
      'prod',
      '--profile',
      '--allow-plain-secrets',
      ...upstream,
      '--upstream-password-file',
      password,
    );
    expect(changed).toContain('In effect for the calls from now on');
    expect(changed).not.toContain('restart the server');
    const shown = await run('show', '--name', 'prod');
    for (const row of [
      /CA of the server: +CN=.+ \(until .+\)\n/,
      /pool: +eu\n/,
      /pool rules: +a\*=us\n/,
      /plain secrets: +accepted\n/,
      /profiles: +requested\n/,
      /sample rows: +not requested\n/,
      /upstream Airflow: +http:\/\/airflow:8080, user admin\n/,
      /Deployed pipelines: none\n/,
    ])
      expect(shown).toMatch(row);
    expect(shown).not.toContain('airflow-password');
  });

  it('keeps the key apart, for its owner only', async () => {
    await run('add', '--name', 'prod', ...SERVER);
    expect(statSync(join(folder.path, 'openmetadata.key')).mode & 0o777).toBe(0o600);
  });
});

describe('the program', () => {
  it.each([
    [
      ['show', '--name', 'other'],
      1,
      'control-plane: NOT_FOUND: endpoint other does not exist\nSee ',
    ],
    [['add', '--name', 'A', ...SERVER], 2, 'control-plane: USAGE: --name must be'],
    [['add'], 2, "error: required option '--name <name>' not specified"],
    [['nothing'], 2, "error: unknown command 'nothing'"],
  ])('ends %j with %i and words', (options, status, words) => {
    const argv = [
      'openmetadata',
      ...options,
      ...(options.length > 1 ? ['--data', folder.path] : []),
    ];
    const ended = spawnSync(process.execPath, [LAUNCHER, ...argv], { encoding: 'utf8' });
    expect([ended.status, ended.stdout]).toEqual([status, '']);
    expect(ended.stderr).toContain(words);
  });
});

it('prints its version', () => {
  const ended = spawnSync(process.execPath, [LAUNCHER, '--version'], { encoding: 'utf8' });
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  expect(ended.stdout.trim()).toBe((JSON.parse(manifest) as { version: string }).version);
});
