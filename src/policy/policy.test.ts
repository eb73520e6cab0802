import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEndpoint } from '../network/endpoint.ts';
import type { Logger } from '../observability/logger.ts';
import { RunnerError } from '../runtime/errors.ts';
import { openPolicy, openPolicyForJob, parsePolicy } from './open-policy.ts';
import type { Policy } from './policy.ts';

const ACME = 'acme.my.salesforce.com:443';

const text = `
version: 1
secrets:
  - ref: /salesforce/prod/*
    connector: Salesforce
    fields: [password, securityToken]
    hosts: [acme.my.salesforce.com, "login.salesforce.com:443"]
  - ref: /certificates/acme-*
    connector: salesforce
    fields: [sslConfig.sslKey]
    hosts: ["acme.my.salesforce.com:8443", "acme.my.salesforce.com"]
  - ref: /wide/*
    connector: salesforce
    fields: [password]
    hosts: ["*.my.salesforce.com"]
    iUnderstandWildcardHosts: true
network:
  allow: [plain.example.com]
`;

const policy = parsePolicy(text, 'policy.yaml');
const path = (reference: string): string[] => reference.slice(1).split('/');

function secret(
  reference: string,
  field = 'password',
  hosts = [ACME],
  connector = 'Salesforce',
  of: Policy = policy,
): boolean {
  return of.secretPermitted({
    path: path(reference),
    field,
    connector,
    hosts: hosts.map(parseEndpoint),
  }).allowed;
}

function problems(yaml: string): string {
  try {
    parsePolicy(yaml, 'policy.yaml');
  } catch (thrown) {
    if (thrown instanceof RunnerError && thrown.code === 'POLICY_INVALID') return thrown.message;
    throw thrown;
  }
  throw new Error('it was accepted');
}

describe('a secret', () => {
  it.each([
    ['/salesforce/prod/password', 'password', [ACME], 'Salesforce', true],
    [
      '/salesforce/prod/password',
      'password',
      [ACME, 'login.salesforce.com:443'],
      'salesforce',
      true,
    ],
    [
      '/salesforce/prod/password',
      'password',
      ['login.salesforce.com:443', 'evil.example:443'],
      'Salesforce',
      false,
    ],
    ['/salesforce/prod/password', 'password', ['acme.my.salesforce.com:8443'], 'Salesforce', false],
    ['/salesforce/prod/password', 'consumerSecret', [ACME], 'Salesforce', false],
    ['/salesforce/prod/password', 'password', [ACME], 'Http', false],
    ['/salesforce/prod/password', 'password', [], 'Salesforce', false],
    ['/salesforce/prod', 'password', [ACME], 'Salesforce', false],
    ['/salesforce/prod/deeper/password', 'password', [ACME], 'Salesforce', false],
    ['/salesforce/production/password', 'password', [ACME], 'Salesforce', false],
    ['/Salesforce/prod/password', 'password', [ACME], 'Salesforce', false],
    [
      '/certificates/acme-key',
      'sslConfig.sslKey',
      ['acme.my.salesforce.com:8443'],
      'Salesforce',
      true,
    ],
    [
      '/certificates/other-key',
      'sslConfig.sslKey',
      ['acme.my.salesforce.com:8443'],
      'Salesforce',
      false,
    ],
    ['/wide/password', 'password', ['anyone.my.salesforce.com:443'], 'Salesforce', true],
    ['/wide/password', 'password', ['a.b.my.salesforce.com:443'], 'Salesforce', false],
    ['/wide/password', 'password', ['my.salesforce.com:443'], 'Salesforce', false],
    ['/wide/password', 'password', ['evilmy.salesforce.com:443'], 'Salesforce', false],
  ])('%s as %s to %j of %s: %s', (reference, field, hosts, connector, expected) => {
    expect(secret(reference, field, hosts, connector)).toBe(expected);
  });

  it('is permitted in exactly the cells that the file names', () => {
    const cells = ['Salesforce', 'Mysql', ''].flatMap((connector) =>
      ['password', 'securityToken', 'consumerSecret', 'privateKey', 'username'].flatMap((field) =>
        [ACME, 'login.salesforce.com:443', 'test.salesforce.com:443']
          .filter((host) => secret('/salesforce/prod/x', field, [host], connector))
          .map((host) => `${connector} ${field} ${host}`),
      ),
    );
    expect(cells).toEqual([
      'Salesforce password acme.my.salesforce.com:443',
      'Salesforce password login.salesforce.com:443',
      'Salesforce securityToken acme.my.salesforce.com:443',
      'Salesforce securityToken login.salesforce.com:443',
    ]);
  });
});

describe('a host', () => {
  const allowed = (host: string, ...uses: [string, string][]): boolean =>
    policy.hostPermitted(parseEndpoint(host), {
      connector: 'Salesforce',
      uses: uses.map(([reference, field]) => ({ path: path(reference), field })),
    }).allowed;

  it('must be bound to every secret of the job', () => {
    expect(allowed(ACME, ['/salesforce/prod/p', 'password'])).toBe(true);
    expect(
      allowed(
        ACME,
        ['/salesforce/prod/p', 'password'],
        ['/certificates/acme-key', 'sslConfig.sslKey'],
      ),
    ).toBe(true);
    expect(
      allowed(
        'login.salesforce.com:443',
        ['/salesforce/prod/p', 'password'],
        ['/certificates/acme-key', 'sslConfig.sslKey'],
      ),
    ).toBe(false);
  });

  it('of network.allow is for jobs without secrets only', () => {
    expect(allowed('plain.example.com:443')).toBe(true);
    expect(allowed('plain.example.com:443', ['/salesforce/prod/p', 'password'])).toBe(false);
    expect(allowed(ACME)).toBe(false);
  });
});

describe('a policy file', () => {
  it('denies by default what it does not mention', () => {
    const least = parsePolicy('version: 1', 'p');
    expect(least.plainTextPermitted().allowed).toBe(false);
    expect(least.addressPermitted('10.0.0.1').allowed).toBe(false);
    expect(least.addressPermitted('8.8.8.8').allowed).toBe(true);
    expect(least.limits).toEqual({
      reservePercent: 20,
      sampleRows: false,
      codeText: 'local',
      profile: 'local',
      owners: 'local',
      maxApiCallsPerRun: undefined,
    });
    expect(least.checkJob({ kind: 'metadata' }).allowed).toBe(true);
    expect(secret('/salesforce/prod/p', 'password', [ACME], 'Salesforce', least)).toBe(false);
  });

  it('limits job kinds', () => {
    const tests = parsePolicy('{"version":1,"jobs":{"kinds":["test_connection"]}}', 'p');
    expect([
      tests.checkJob({ kind: 'test_connection' }).allowed,
      tests.checkJob({ kind: 'metadata' }).allowed,
    ]).toEqual([true, false]);
  });

  it('never permits metadata addresses, even where private ones are', () => {
    const open = parsePolicy('{version: 1, network: {allowPrivateAddresses: true}}', 'p');
    expect([
      open.addressPermitted('10.0.0.1').allowed,
      open.addressPermitted('169.254.169.254').allowed,
      open.addressPermitted('fd00:ec2::254').allowed,
    ]).toEqual([true, false, false]);
  });

  it('reports all its problems at once, each with its place', () => {
    const message = problems(`
version: 2
secret: []
secrets:
  - ref: salesforce/prod
    connector: salesforce
    fields: []
    hosts: ["https://acme.my.salesforce.com", "*.my.salesforce.com"]
plainTextSecrets: maybe
network: {allow: ["*.example.com"]}
`);
    for (const part of [
      'version: must be 1',
      '"secret"',
      'secrets[0].ref',
      'secrets[0].fields',
      'secrets[0].hosts[0]',
      'https://acme',
      'plainTextSecrets',
      'network.allow[0]',
    ])
      expect(message).toContain(part);
  });

  it.each([
    [
      'wildcard without consent',
      'version: 1\nsecrets: [{ref: /a, connector: s, fields: [p], hosts: ["*.my.salesforce.com"]}]',
      'iUnderstandWildcardHosts',
    ],
    ['a key twice', 'version: 1\nversion: 1', 'unique'],
    ['broken YAML', 'version: [1', ''],
    ['nothing', '', ''],
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nversion: [*c,*c,*c,*c]`,
      '',
    ],
    ['an unknown job kind', 'version: 1\njobs: {kinds: [shell]}', 'jobs.kinds[0]'],
    [
      'a reference that climbs',
      'version: 1\nsecrets: [{ref: /a/../b, connector: s, fields: [p], hosts: [h]}]',
      'secrets[0].ref',
    ],
    [
      'a star that is not at the end',
      'version: 1\nsecrets: [{ref: /a*b, connector: s, fields: [p], hosts: [h]}]',
      'secrets[0].ref',
    ],
  ])('with %s is refused', (_what, yaml, part) => {
    expect(problems(yaml)).toContain(part);
  });

  it('describes itself as data', () => {
    expect(JSON.parse(JSON.stringify(policy.describe()))).toMatchObject({
      version: 1,
      plainTextSecrets: 'deny',
      secrets: [
        { ref: '/salesforce/prod/*', hosts: [ACME, 'login.salesforce.com:443'] },
        {},
        { hosts: ['*.my.salesforce.com:443'] },
      ],
    });
  });
});

describe('opening the policy', () => {
  let directory: string;
  beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'policy-'))));
  afterAll(() => rmSync(directory, { recursive: true }));

  const write = (name: string, mode: number): string => {
    const file = join(directory, name);
    writeFileSync(file, text);
    chmodSync(file, mode);
    return file;
  };

  it('without a file denies everything and says what to do', async () => {
    const nothing = await openPolicy(join(directory, 'absent.yaml'));
    const job = nothing.checkJob({ kind: 'metadata' });
    expect(job).toMatchObject({
      allowed: false,
      reason: expect.stringContaining('docs/policy.md') as string,
    });
    expect(
      [
        nothing.plainTextPermitted(),
        nothing.addressPermitted('8.8.8.8'),
        nothing.hostPermitted(parseEndpoint(ACME), { connector: 'Salesforce', uses: [] }),
      ].map(({ allowed }) => allowed),
    ).toEqual([false, false, false]);
    expect(secret('/salesforce/prod/p', 'password', [ACME], 'Salesforce', nothing)).toBe(false);
  });

  it('sees an edit at the next opening', async () => {
    const file = write('edited.yaml', 0o600);
    expect(
      secret('/salesforce/prod/p', 'password', [ACME], 'Salesforce', await openPolicy(file)),
    ).toBe(true);
    writeFileSync(file, 'version: 1');
    expect(
      secret('/salesforce/prod/p', 'password', [ACME], 'Salesforce', await openPolicy(file)),
    ).toBe(false);
  });

  it.each([
    [0o600, true],
    [0o640, true],
    [0o644, true],
    [0o660, false],
    [0o646, false],
    [0o666, false],
  ])('with mode %o: %s', async (mode, fine) => {
    const opening = openPolicy(write(`mode-${mode}.yaml`, mode));
    if (fine) await expect(opening).resolves.toBeDefined();
    else await expect(opening).rejects.toMatchObject({ code: 'FILE_UNSAFE' });
  });

  it('refuses a directory in which others may put another file', async () => {
    const open = join(directory, 'open');
    mkdirSync(open);
    writeFileSync(join(open, 'policy.yaml'), text);
    chmodSync(open, 0o777);
    await expect(openPolicy(join(open, 'policy.yaml'))).rejects.toMatchObject({
      code: 'FILE_UNSAFE',
    });
    chmodSync(open, 0o755);
    symlinkSync(join(open, 'policy.yaml'), join(directory, 'link.yaml'));
    await expect(openPolicy(join(directory, 'link.yaml'))).resolves.toBeDefined();
  });

  it('for a job tells the local log what is wrong with the file, and the outside nothing', async () => {
    const file = join(directory, 'wrong.yaml');
    writeFileSync(file, 'version: 1\nnetwork: {allow: ["https://intranet.example"]}', {
      mode: 0o600,
    });
    const logged: string[] = [];
    const audit: Logger = {
      log: (_level, message, data) => void logged.push(`${message} ${JSON.stringify(data)}`),
      child: () => audit,
    };
    const error = await openPolicyForJob(file, audit).catch(
      (thrown: unknown) => thrown as RunnerError,
    );
    expect(error).toMatchObject({
      code: 'POLICY_INVALID',
      message: 'the local policy cannot be used; the runner log says why',
    });
    expect(logged.join()).toContain('intranet.example');
  });

  it('refuses what is not a file', async () => {
    await expect(openPolicy(directory)).rejects.toMatchObject({ code: 'FILE_UNSAFE' });
  });
});
