import { describe, expect, it } from 'vitest';
import { policyOf } from '../../test/support/policy.ts';
import type { Account } from '../../foundation/src/domain/account.ts';
import type { JobKind } from '../../foundation/src/domain/job.ts';
import { parseEndpoint } from '../../foundation/src/network/endpoint.ts';
import type { Decision } from './decision.ts';

const HOST = parseEndpoint('acme.my.salesforce.com:443');
const NOON = Date.parse('2026-11-27T12:00:00Z');
const USE = { path: ['sf', 'key'], field: 'privateKey' };

const policy = policyOf(`
version: 1
secrets:
  - ref: /sf/key
    connector: salesforce
    fields: [privateKey]
    hosts: [acme.my.salesforce.com]
    users: [runner@acme.example]
    clients: [3MVG9.own]
    audiences: [https://login.salesforce.com]
    organizations: [00D5e000000AbCd]
    kinds: [metadata]
    times: [{days: [fri], from: "08:00", to: "18:00", timeZone: UTC}]
`);

const ACCOUNT: Account = {
  user: 'runner@acme.example',
  client: '3MVG9.own',
  audience: 'https://login.salesforce.com',
};

interface Asked {
  readonly kind?: JobKind | undefined;
  readonly account?: Account | undefined;
  readonly now?: number;
}

function ask(asked: Asked, of = policy): Decision {
  const { kind = 'metadata', account = ACCOUNT, now = NOON } = asked;
  return of.secretPermitted({
    ...USE,
    connector: 'Salesforce',
    hosts: [HOST],
    now,
    ...('kind' in asked && asked.kind === undefined ? {} : { kind }),
    ...('account' in asked && asked.account === undefined ? {} : { account }),
  });
}

describe('a rule with bindings', () => {
  it('permits the secret for what it binds', () => {
    expect(ask({})).toMatchObject({ allowed: true, rule: 'secrets[0]' });
  });

  it.each([
    ['users', { account: { ...ACCOUNT, user: 'admin@acme.example' } }],
    ['users', { account: { ...ACCOUNT, user: 'Runner@acme.example' } }],
    ['users', { account: { ...ACCOUNT, user: undefined } }],
    ['clients', { account: { ...ACCOUNT, client: '3MVG9.other' } }],
    ['clients', { account: { ...ACCOUNT, client: undefined } }],
    ['audiences', { account: { ...ACCOUNT, audience: 'https://test.salesforce.com' } }],
    ['audiences', { account: { ...ACCOUNT, audience: undefined } }],
    ['organizations', { account: { ...ACCOUNT, organization: ['00D5e000000XyZw'] } }],
    ['users', { account: undefined }],
    ['kinds', { kind: 'test_connection' as const }],
    ['kinds', { kind: undefined }],
    ['times', { now: Date.parse('2026-11-27T18:00:00Z') }],
    ['times', { now: Date.parse('2026-11-28T12:00:00Z') }],
  ])('denies it by %s for %j', (key, asked) => {
    expect(ask(asked)).toMatchObject({ allowed: false, rule: `secrets[0].${key}` });
  });

  it('permits what is known of the organization in any of its spellings', () => {
    const organization = ['00D5e000000AbCd', '00D5e000000AbCdEAK'];
    expect(ask({ account: { ...ACCOUNT, organization } }).allowed).toBe(true);
  });

  it('denies jobs of a connector that reports no account, if it binds an organization', () => {
    const bound = policyOf(
      '{version: 1, secrets: [{ref: /sf/key, connector: salesforce, fields: [privateKey], hosts: [acme.my.salesforce.com], organizations: [x]}]}',
    );
    expect(ask({ account: undefined }, bound)).toMatchObject({
      allowed: false,
      rule: 'secrets[0].organizations',
    });
  });

  it('does not combine with another rule', () => {
    const rule = (user: string, host: string): string =>
      `{ref: /sf/key, connector: salesforce, fields: [privateKey], hosts: [${host}], users: [${user}]}`;
    const two = policyOf(
      `{version: 1, secrets: [${rule('a@x', 'acme.my.salesforce.com')}, ${rule('b@x', 'other.my.salesforce.com')}]}`,
    );
    const permits = (user: string, host: string): boolean =>
      two.hostPermitted(parseEndpoint(host), {
        connector: 'Salesforce',
        account: { user },
        uses: [USE],
      }).allowed;
    expect([
      permits('a@x', 'acme.my.salesforce.com:443'),
      permits('b@x', 'acme.my.salesforce.com:443'),
      permits('a@x', 'other.my.salesforce.com:443'),
      permits('b@x', 'other.my.salesforce.com:443'),
    ]).toEqual([true, false, false, true]);
  });

  it('leaves connections of a run that began in time alone', () => {
    const job = {
      connector: 'Salesforce',
      kind: 'metadata',
      account: ACCOUNT,
      uses: [USE],
    } as const;
    expect(policy.hostPermitted(HOST, job).allowed).toBe(true);
  });

  it('leaves rules without bindings as they were', () => {
    const old = policyOf(
      '{version: 1, secrets: [{ref: /sf/key, connector: salesforce, fields: [privateKey], hosts: [acme.my.salesforce.com]}]}',
    );
    expect(ask({ kind: undefined, account: undefined }, old).allowed).toBe(true);
  });
});

describe('a certificate authority of a job', () => {
  const permits = (network: string, origin: 'local' | 'job'): boolean =>
    policyOf(`{version: 1, network: ${network}}`).authorityPermitted(origin).allowed;

  it.each([
    ['{}', true, false],
    ['{jobCertificateAuthorities: deny}', false, false],
    ['{jobCertificateAuthorities: local}', true, false],
    ['{jobCertificateAuthorities: allow}', true, true],
  ])('with %s: from a local provider %s, from the job itself %s', (network, local, job) => {
    expect([permits(network, 'local'), permits(network, 'job')]).toEqual([local, job]);
  });
});

it('counts rules apart that differ in what they bind, and together after a change of limits', () => {
  const rule = '{ref: /k, connector: salesforce, fields: [p], hosts: [h.example]';
  const ofUser = (user: string, limit: number): string | undefined => {
    const text = `${rule}, users: [${user}], maxRunsPerHour: ${limit}}`;
    const use = { path: ['k'], field: 'p' };
    const job = { connector: 'salesforce', account: { user }, uses: [use], now: 0 };
    const policy = policyOf(`{version: 1, secrets: [${text}]}`);
    return policy.runLimits([parseEndpoint('h.example:443')], job)[0]?.rule;
  };
  expect(ofUser('a', 1)).toBeDefined();
  expect(ofUser('a', 1)).not.toBe(ofUser('b', 1));
  expect(ofUser('a', 1)).toBe(ofUser('a', 2));
});
