import { describe, expect, it } from 'vitest';
import { policyOf } from '../../test/support/policy.ts';
import type { AuditEvent } from '../../foundation/src/logging/audit-trail.ts';
import { silentLogger } from '../../foundation/src/logging/logger.ts';
import { parseEndpoint } from '../../foundation/src/network/endpoint.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { processVersions } from './value-versions.ts';
import { processReadLimits } from './read-limits.ts';
import { createSecretSources } from './resolver.ts';
import { Secret, type SecretSource } from './secret.ts';

const POLICY = policyOf(
  '{version: 1, secrets: [{ref: /sf/*, connector: salesforce, fields: [password], hosts: [acme.my.salesforce.com]}]}',
);
const signal = new AbortController().signal;

interface Stage {
  readonly source: SecretSource;
  /** Records and reads in their order. */
  readonly order: string[];
  readonly events: AuditEvent[];
}

function stage(reference: string, { full = false } = {}): Stage {
  const order: string[] = [];
  const events: AuditEvent[] = [];
  const sources = createSecretSources({
    connection: { password: reference },
    secretFields: ['password'],
    connector: 'Salesforce',
    kind: 'metadata',
    account: { user: 'runner@acme.example' },
    endpoints: [parseEndpoint('acme.my.salesforce.com:443')],
    policy: POLICY,
    provider: {
      name: 'test',
      read: async ([, name]) => {
        order.push('read');
        return name === 'password' ? new Secret('correct horse', '1') : undefined;
      },
    },
    secretDirectories: [],
    clock: systemClock,
    readLimits: processReadLimits(systemClock),
    trail: {
      record: async (event) => {
        if (full) throw new RunnerError('AUDIT_UNWRITABLE', 'failed to write the audit trail');
        order.push(event.event);
        events.push(event);
      },
    },
    versions: processVersions(systemRandom),
    redactor: createRedactor(),
    audit: silentLogger,
  });
  return { source: sources.get('password')!, order, events };
}

const codeOf = (read: Promise<unknown>): Promise<unknown> =>
  read.then(
    () => 'read',
    (thrown: unknown) => RunnerError.from(thrown).toFailure(),
  );

describe('the use of a secret', () => {
  it('is in the audit trail before the provider is called', async () => {
    const { source, order, events } = stage('secret:/sf/password');
    await source.read(signal);
    expect(order).toEqual(['secret', 'read']);
    expect(events).toEqual([
      {
        event: 'secret',
        decision: 'allow',
        rule: 'secrets[0]',
        reason: undefined,
        reference: 'secret:/sf/password',
        field: 'password',
        connector: 'Salesforce',
        kind: 'metadata',
        user: 'runner@acme.example',
        hosts: ['acme.my.salesforce.com:443'],
      },
    ]);
  });

  it('is in it with the reason when it is denied, and when there is no such secret', async () => {
    const denied = stage('secret:/other/password');
    await codeOf(denied.source.read(signal));
    expect(denied.events).toMatchObject([{ event: 'secret', decision: 'deny', rule: 'secrets' }]);
    expect(denied.order).toEqual(['secret']);
    const unknown = stage('secret:/sf/unknown');
    await codeOf(unknown.source.read(signal));
    expect(unknown.order).toEqual(['secret', 'read', 'secretUnavailable']);
  });

  it('does not happen when it cannot be recorded, with one error for every reference', async () => {
    const references = ['secret:/sf/password', 'secret:/sf/unknown', 'secret:/other/password'];
    const stages = references.map((reference) => stage(reference, { full: true }));
    const failures = await Promise.all(stages.map(({ source }) => codeOf(source.read(signal))));
    expect(failures[0]).toMatchObject({ code: 'AUDIT_UNWRITABLE' });
    expect(failures).toEqual(failures.map(() => failures[0]));
    expect(stages.flatMap(({ order }) => order)).toEqual([]);
  });
});
