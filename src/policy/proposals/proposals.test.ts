import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../parse-policy.ts';
import type { Policy } from '../policy.ts';
import { withRules } from './amend.ts';
import { proposalsFrom } from './proposals.ts';

const NOW = Date.parse('2027-01-15T12:00:00Z');
const DENIAL = {
  event: 'secret',
  decision: 'deny',
  rule: 'secrets',
  reference: 'secret:/sf/prod/password',
  field: 'password',
  connector: 'salesforce',
  kind: 'metadata',
  hosts: ['acme.my.salesforce.com:443'],
  user: 'etl@acme.example',
  time: '2027-01-15T11:00:00.000Z',
};
const POLICY = `# Reviewed in January
version: 1
secrets:
  # The sandbox
  - {ref: /sf/uat/*, connector: salesforce, fields: [password], hosts: [acme--uat.sandbox.my.salesforce.com]}
network:
  allowPrivateAddresses: true # for the proxy
`;

const parse = (text: string): Policy =>
  parsePolicy(text, { file: 'policy.yaml', connectors: ['salesforce'] });
const proposals = (...events: readonly object[]) => proposalsFrom(events, parse(POLICY));

describe('a proposal', () => {
  it('binds everything that was asked, and permits exactly that', () => {
    const [proposal, ...more] = proposals(DENIAL, { ...DENIAL, kind: 'test_connection' });
    expect(more).toEqual([]);
    expect(proposal).toMatchObject({
      denials: 2,
      rule: {
        ref: '/sf/prod/password',
        connector: 'salesforce',
        fields: ['password'],
        hosts: ['acme.my.salesforce.com'],
        users: ['etl@acme.example'],
        kinds: ['metadata', 'test_connection'],
      },
    });
    const amended = parse(withRules(POLICY, [proposal!.rule]));
    expect(proposalsFrom([DENIAL], amended)).toEqual([]);
    const other = { ...DENIAL, user: 'admin@acme.example' };
    expect(proposalsFrom([other], amended)).toHaveLength(1);
  });

  it('permits no field to a kind of job that did not ask for it', () => {
    const test = { ...DENIAL, kind: 'test_connection', field: 'consumerSecret' };
    const rules = proposals(DENIAL, test).map(({ rule: { fields, kinds } }) => [fields, kinds]);
    expect(rules).toHaveLength(2);
    expect(rules).toContainEqual([['consumerSecret'], ['test_connection']]);
    expect(rules).toContainEqual([['password'], ['metadata']]);
  });

  it('says what it does not bind', () => {
    const { user: _user, ...anyone } = DENIAL;
    expect(proposals({ ...anyone, client: 'app' })[0]!.unbound).toEqual(['users', 'audiences']);
    expect(proposals({ ...DENIAL, client: 'a', audience: 'b' })[0]!.unbound).toEqual([]);
  });

  it.each(['times: [{from: "20:00", to: "20:01", timeZone: UTC}]', 'organizations: [00D1]'])(
    'is not made of what a rule with %s has permitted since',
    (binding) => {
      const rule = '{ref: /sf/prod/password, connector: salesforce, fields: [password]';
      const hosts = 'hosts: [acme.my.salesforce.com]';
      const text = `{version: 1, secrets: [${rule}, ${hosts}, ${binding}}]}`;
      expect(proposalsFrom([DENIAL], parse(text))).toEqual([]);
    },
  );

  it('has another id when anything of the rule is different', () => {
    const changes = [
      {},
      { reference: 'secret:/sf/prod/token' },
      { field: 'securityToken' },
      { hosts: ['evil.my.salesforce.com:443'] },
      { user: 'admin@acme.example' },
      { client: 'app' },
      { kind: 'test_connection' },
    ];
    const ids = changes.map((change) => proposals({ ...DENIAL, ...change })[0]!.id);
    expect(new Set(ids).size).toBe(changes.length);
  });

  it('is made of recent denials first, and of fifty at most', () => {
    const many = Array.from({ length: 60 }, (_, index) => ({
      ...DENIAL,
      reference: `secret:/sf/prod/p${index}`,
      time: new Date(NOW - index * 1_000).toISOString(),
    }));
    const found = proposals(...many);
    expect(found).toHaveLength(50);
    expect(found[0]!.rule.ref).toBe('/sf/prod/p0');
  });

  it.each([
    ['what was allowed', { decision: 'allow' }],
    ['a limit', { rule: 'secrets[0].maxReadsPerHour' }],
    ['a time of the day', { rule: 'secrets[0].times' }],
    ['an invalid reference', { reference: 'secret:/../etc/passwd' }],
    ['a pattern as reference', { reference: 'secret:/sf/*' }],
    ['a pattern as host', { hosts: ['*.my.salesforce.com:443'] }],
    ['an invalid host', { hosts: ['evil host'] }],
    ['an invalid field', { field: 'password: x' }],
    ['an invalid kind', { kind: 'command' }],
    ['another event', { event: 'connect' }],
  ])('is not made of %s', (_what, change) => {
    expect(proposals({ ...DENIAL, ...change })).toEqual([]);
  });
});

describe('an amended policy', () => {
  it('keeps comments and everything else', () => {
    const { rule } = proposals(DENIAL)[0]!;
    const text = withRules(POLICY, [rule]);
    const lost = POLICY.split('\n').filter((line) => !text.split('\n').includes(line));
    expect(lost).toEqual([]);
    expect(parse(text).outline.secrets).toHaveLength(2);
  });

  it('gets its first rules', () => {
    const { rule } = proposals(DENIAL)[0]!;
    expect(parse(withRules('version: 1\n', [rule])).outline.secrets).toHaveLength(1);
    expect(parse(withRules('{"version": 1, "secrets": []}', [rule])).outline.secrets).toHaveLength(
      1,
    );
  });

  it('is not made where its rules are an alias', () => {
    const { rule } = proposals(DENIAL)[0]!;
    expect(() => withRules('x: &x [{ref: /a}]\nsecrets: *x\n', [rule])).toThrow(
      'cannot be extended',
    );
  });
});
