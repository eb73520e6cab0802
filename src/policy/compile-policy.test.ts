import { describe, expect, it } from 'vitest';
import { policyOf } from '../../test/support/policy.ts';
import { parseEndpoint } from '../../foundation/src/network/endpoint.ts';

const ACME = 'acme.my.salesforce.com:443';

const policy = policyOf(`
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
`);

const pathOf = (reference: string): string[] => reference.slice(1).split('/');

function secretPermitted(
  reference: string,
  field = 'password',
  hosts = [ACME],
  connector = 'Salesforce',
): boolean {
  return policy.secretPermitted({
    path: pathOf(reference),
    field,
    connector,
    hosts: hosts.map(parseEndpoint),
    now: 0,
  }).allowed;
}

describe('a policy decides about a secret', () => {
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
    expect(secretPermitted(reference, field, hosts, connector)).toBe(expected);
  });

  it('permits exactly the combinations that the file lists', () => {
    const permitted = ['Salesforce', 'Mysql', ''].flatMap((connector) =>
      ['password', 'securityToken', 'consumerSecret', 'privateKey', 'username'].flatMap((field) =>
        [ACME, 'login.salesforce.com:443', 'test.salesforce.com:443']
          .filter((host) => secretPermitted('/salesforce/prod/x', field, [host], connector))
          .map((host) => `${connector} ${field} ${host}`),
      ),
    );
    expect(permitted).toEqual([
      'Salesforce password acme.my.salesforce.com:443',
      'Salesforce password login.salesforce.com:443',
      'Salesforce securityToken acme.my.salesforce.com:443',
      'Salesforce securityToken login.salesforce.com:443',
    ]);
  });
});

describe('a policy decides about a host', () => {
  const allowed = (host: string, ...uses: [string, string][]): boolean =>
    policy.hostPermitted(parseEndpoint(host), {
      connector: 'Salesforce',
      uses: uses.map(([reference, field]) => ({ path: pathOf(reference), field })),
    }).allowed;

  it('requires that every secret of the job is bound to it', () => {
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

  it('permits network.allow for jobs without secrets only', () => {
    expect(allowed('plain.example.com:443')).toBe(true);
    expect(allowed('plain.example.com:443', ['/salesforce/prod/p', 'password'])).toBe(false);
    expect(allowed(ACME)).toBe(false);
  });
});

describe('a policy decides about a job', () => {
  it('permits only the listed kinds', () => {
    const tests = policyOf('{"version":1,"jobs":{"kinds":["test_connection"]}}');
    expect([
      tests.checkJob({ kind: 'test_connection' }).allowed,
      tests.checkJob({ kind: 'metadata' }).allowed,
    ]).toEqual([true, false]);
  });

  it('permits every kind by default', () => {
    expect(policyOf('version: 1').checkJob({ kind: 'metadata' }).allowed).toBe(true);
  });

  it('denies secrets and plain text by default', () => {
    const least = policyOf('version: 1');
    const use = { path: ['a'], field: 'password', connector: 'Salesforce' };
    expect([
      least.plainTextPermitted().allowed,
      least.secretPermitted({ ...use, hosts: [parseEndpoint(ACME)], now: 0 }).allowed,
    ]).toEqual([false, false]);
  });
});

describe('a policy decides about an address', () => {
  it('denies private addresses by default', () => {
    const least = policyOf('version: 1');
    expect([
      least.addressPermitted('8.8.8.8').allowed,
      least.addressPermitted('10.0.0.1').allowed,
    ]).toEqual([true, false]);
  });

  it('denies metadata addresses even when private addresses are permitted', () => {
    const open = policyOf('{version: 1, network: {allowPrivateAddresses: true}}');
    expect([
      open.addressPermitted('10.0.0.1').allowed,
      open.addressPermitted('169.254.169.254').allowed,
      open.addressPermitted('fd00:ec2::254').allowed,
    ]).toEqual([true, false, false]);
  });
});

describe('the limits of a connector', () => {
  const DEFAULTS = {
    reservePercent: 20,
    metadata: 'allow',
    counts: 'allow',
    sampleRows: false,
    codeText: 'local',
    profile: 'local',
    owners: 'local',
    maxApiCallsPerRun: undefined,
  };

  it('have defaults', () => {
    expect(policyOf('version: 1').limitsFor('Salesforce')).toEqual(DEFAULTS);
  });

  it('do not apply to another connector', () => {
    const two = policyOf(
      '{version: 1, salesforce: {sampleRows: allow}, oracle: {reservePercent: 5}}',
      ['Salesforce', 'Oracle'],
    );
    expect([two.limitsFor('Salesforce'), two.limitsFor('Oracle')]).toEqual([
      { ...DEFAULTS, sampleRows: true },
      { ...DEFAULTS, reservePercent: 5 },
    ]);
  });

  it('permit nothing for a connector that the runner does not have', () => {
    expect(policyOf('version: 1').limitsFor('Oracle')).toEqual({
      reservePercent: 100,
      metadata: 'deny',
      counts: 'deny',
      sampleRows: false,
      codeText: 'deny',
      profile: 'deny',
      owners: 'deny',
      maxApiCallsPerRun: undefined,
    });
  });
});

describe('the rules of a policy as data', () => {
  it('contain every key of the file, hosts with their ports', () => {
    expect(JSON.parse(JSON.stringify(policy.toDocument()))).toMatchObject({
      file: 'policy.yaml',
      version: 1,
      plainTextSecrets: 'deny',
      secrets: [
        { ref: '/salesforce/prod/*', hosts: [ACME, 'login.salesforce.com:443'] },
        {},
        { hosts: ['*.my.salesforce.com:443'] },
      ],
      salesforce: { reservePercent: 20, codeText: 'local' },
    });
  });
});
