import { describe, expect, it } from 'vitest';
import { policyOf } from '../../test/support/policy.ts';

const policy = policyOf(`# the rules of this runner
version: 1
secrets:
  - ref: /a
    connector: salesforce
    fields: [password]
    hosts: [acme.my.salesforce.com]
    users:
      - runner@acme.example
  - {ref: /b, connector: salesforce, fields: [password], hosts: [acme.my.salesforce.com]}
network: {allow: [open.example.com], allowPrivateAddresses: true}
`);

describe('the line of a rule', () => {
  it.each([
    ['secrets', 3],
    ['secrets[0]', 4],
    ['secrets[0].users', 8],
    ['secrets[1]', 10],
    ['network.allow[0]', 11],
    ['network.allowPrivateAddresses', 11],
    ['secrets[2]', undefined],
    ['plainTextSecrets', undefined],
    ['built in', undefined],
  ])('%s is %s', (rule, line) => {
    expect(policy.lineOf(rule)).toBe(line);
  });
});
