import { describe, expect, it } from 'vitest';
import { policyOf } from '../../test/support/policy.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

function problems(yaml: string): string {
  try {
    policyOf(yaml);
  } catch (thrown) {
    if (thrown instanceof RunnerError && thrown.code === 'POLICY_INVALID') return thrown.message;
    throw thrown;
  }
  throw new Error('the policy was accepted');
}

describe('the text of a policy file', () => {
  it('reports all problems at once, each with its path', () => {
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
      'a wildcard host without consent',
      'version: 1\nsecrets: [{ref: /a, connector: s, fields: [p], hosts: ["*.my.salesforce.com"]}]',
      'iUnderstandWildcardHosts',
    ],
    ['a key twice', 'version: 1\nversion: 1', 'unique'],
    [
      'a limit that nothing counts',
      'version: 1\nsecrets: [{ref: /a, connector: OpenMetadata, fields: [p], hosts: [h], maxCallsPerDay: 9}]',
      'secrets[0].maxCallsPerDay',
    ],
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
    [
      'limits of an unknown connector',
      'version: 1\noracle: {reservePercent: 10}',
      'Unrecognized key: "oracle"',
    ],
    [
      'an unknown limit',
      'version: 1\nsalesforce: {reserve: 10}',
      'salesforce: Unrecognized key: "reserve"',
    ],
  ])('is rejected with %s', (_what, yaml, part) => {
    expect(problems(yaml)).toContain(part);
  });
});
