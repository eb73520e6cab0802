import { describe, expect, it } from 'vitest';
import { policyOf } from '../../test/support/policy.ts';
import type { LogData, Logger } from '../../foundation/src/logging/logger.ts';
import { parseEndpoint } from '../../foundation/src/network/endpoint.ts';
import { createOrganizationCheck } from './organization-check.ts';

const rule =
  '{ref: /sf/*, connector: salesforce, fields: [password], hosts: [acme.my.salesforce.com], organizations: [00D5e000000AbCdEAK]}';
const logged: LogData[] = [];
const audit: Logger = {
  log: (_level, message, data) => void logged.push({ message, ...data }),
  child: () => audit,
};

function check(uses = [{ path: ['sf', 'password'], field: 'password' }]): (ids: string[]) => void {
  return createOrganizationCheck({
    policy: policyOf(`{version: 1, secrets: [${rule}]}`),
    connector: 'Salesforce',
    account: { user: 'u' },
    endpoints: [parseEndpoint('acme.my.salesforce.com:443')],
    uses,
    audit,
  });
}

describe('the check of the organization after a sign-in', () => {
  it('lets the bound organization pass, in either spelling', () => {
    expect(() => check()(['00D5e000000AbCd', '00D5e000000AbCdEAK'])).not.toThrow();
  });

  it('ends the run in another one, and logs which', () => {
    const deny = (): void => check()(['00D5e000000XyZw', '00D5e000000XyZwEAE']);
    expect(deny).toThrow(
      expect.objectContaining({ code: 'ORGANIZATION_DENIED', retryable: false }),
    );
    expect(logged.at(-1)).toMatchObject({
      event: 'audit',
      decision: 'deny',
      organization: '00D5e000000XyZw',
      rule: 'secrets[0].organizations',
    });
  });

  it('ends the run if the organization is not known', () => {
    expect(() => check()([])).toThrow(expect.objectContaining({ code: 'ORGANIZATION_DENIED' }));
  });

  it('binds no job without secrets', () => {
    expect(() => check([])(['anything'])).not.toThrow();
  });
});
