import { describe, expect, it } from 'vitest';
import { policyOf } from '../../test/support/policy.ts';
import type { AuditEvent, AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { LogData, Logger } from '../../foundation/src/logging/logger.ts';
import { parseEndpoint } from '../../foundation/src/network/endpoint.ts';
import { createOrganizationCheck } from './organization-check.ts';

const rule =
  '{ref: /sf/*, connector: salesforce, fields: [password], hosts: [acme.my.salesforce.com], organizations: [00D5e000000AbCdEAK]}';
const logged: LogData[] = [];
const recorded: AuditEvent[] = [];
const trail: AuditTrail = {
  record: async (event) => void recorded.push(event),
};
const audit: Logger = {
  log: (_level, message, data) => void logged.push({ message, ...data }),
  child: () => audit,
};

function check(
  uses = [{ path: ['sf', 'password'], field: 'password' }],
): (ids: string[]) => Promise<void> {
  return createOrganizationCheck({
    policy: policyOf(`{version: 1, secrets: [${rule}]}`),
    connector: 'Salesforce',
    account: { user: 'u' },
    endpoints: [parseEndpoint('acme.my.salesforce.com:443')],
    uses,
    trail,
    audit,
  });
}

describe('the check of the organization after a sign-in', () => {
  it('lets the bound organization pass, in either spelling, and records the sign-in', async () => {
    await check()(['00D5e000000AbCd', '00D5e000000AbCdEAK']);
    expect(recorded).toMatchObject([{ event: 'signIn', decision: 'allow', user: 'u' }]);
  });

  it('ends the run in another one, and logs which', async () => {
    const denied = check()(['00D5e000000XyZw', '00D5e000000XyZwEAE']);
    await expect(denied).rejects.toMatchObject({ code: 'ORGANIZATION_DENIED', retryable: false });
    expect(recorded.at(-1)).toMatchObject({ event: 'signIn', decision: 'deny' });
    expect(logged.at(-1)).toMatchObject({
      event: 'audit',
      decision: 'deny',
      organization: '00D5e000000XyZw',
      rule: 'secrets[0].organizations',
    });
  });

  it('ends the run if the organization is not known', async () => {
    await expect(check()([])).rejects.toMatchObject({ code: 'ORGANIZATION_DENIED' });
  });

  it('binds no job without secrets', async () => {
    await expect(check([])(['anything'])).resolves.toBeUndefined();
  });

  it('ends the run if the sign-in cannot be recorded', async () => {
    const unwritable = new RunnerError('AUDIT_UNWRITABLE', 'full');
    const refused = createOrganizationCheck({
      policy: policyOf('version: 1'),
      connector: 'Salesforce',
      endpoints: [],
      uses: [],
      trail: { record: () => Promise.reject(unwritable) },
      audit,
    })(['x']);
    await expect(refused).rejects.toBe(unwritable);
  });
});
