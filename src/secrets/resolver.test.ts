import { noAuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import { systemClock } from '../../foundation/src/runtime/clock.ts';
import { describe, expect, it } from 'vitest';
import { policyOf } from '../../test/support/policy.ts';
import { parseEndpoint } from '../../foundation/src/network/endpoint.ts';
import type { LogData, Logger } from '../../foundation/src/logging/logger.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { ErrorCode } from '../../foundation/src/runtime/error-codes.ts';
import type { SecretProvider } from './provider.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { systemRandom } from '../../foundation/src/runtime/random.ts';
import { processVersions } from './value-versions.ts';
import { processReadLimits } from './read-limits.ts';
import { createSecretSources } from './resolver.ts';
import { Secret, type SecretSource } from './secret.ts';

const signal = new AbortController().signal;
const text =
  '{version: 1, secrets: [{ref: /sf/prod/*, connector: salesforce, fields: [password], hosts: [acme.my.salesforce.com]}]}';

interface Stage {
  readonly sources: ReadonlyMap<string, SecretSource>;
  readonly values: Map<string, string>;
  readonly requested: string[];
  readonly logged: LogData[];
  readonly redact: (text: string) => string;
}

function stage(
  connection: Readonly<Record<string, unknown>>,
  {
    endpoints = ['acme.my.salesforce.com:443'],
    connector = 'Salesforce',
    policy = text,
    fails = undefined as ErrorCode | undefined,
  } = {},
): Stage {
  const values = new Map([
    ['sf/prod/password', 'correct horse'],
    ['sf/prod/token', 'battery staple'],
    ['other', 'another value'],
  ]);
  const requested: string[] = [];
  const logged: LogData[] = [];
  const redactor = createRedactor();
  const provider: SecretProvider = {
    name: 'test',
    read: async (path) => {
      requested.push(path.join('/'));
      if (fails !== undefined) throw new RunnerError(fails, '/etc/private/path is damaged');
      const value = values.get(path.join('/'));
      return value === undefined ? undefined : new Secret(value, `${requested.length}`);
    },
  };
  const audit: Logger = {
    log: (_level, message, data) => void logged.push({ message, ...data }),
    child: () => audit,
  };
  const sources = createSecretSources({
    connection,
    secretFields: ['password', 'securityToken', 'sslConfig.sslKey'],
    connector,
    endpoints: endpoints.map(parseEndpoint),
    policy: policyOf(policy),
    provider,
    secretDirectories: [],
    clock: systemClock,
    readLimits: processReadLimits(systemClock),
    trail: noAuditTrail,
    versions: processVersions(systemRandom),
    redactor,
    audit,
  });
  return { sources, values, requested, logged, redact: (line) => redactor.redact(line) };
}

async function failure(source: SecretSource | undefined): Promise<RunnerError> {
  try {
    await source!.read(signal);
  } catch (thrown) {
    return thrown as RunnerError;
  }
  throw new Error('the secret was read');
}

describe('a secret source', () => {
  it('exists for each secret field with a value', () => {
    const { sources } = stage({
      password: 'secret:/sf/prod/password',
      securityToken: '',
      sslConfig: { sslKey: 'secret:/k' },
      username: 'secret:/u',
    });
    expect([...sources.keys()]).toEqual(['password', 'sslConfig.sslKey']);
    expect(sources.get('password')?.reference).toBe('secret:/sf/prod/password');
  });

  it('calls the provider only when the secret is read', async () => {
    const { sources, requested } = stage({ password: 'secret:/sf/prod/password' });
    expect(requested).toEqual([]);
    expect((await sources.get('password')!.read(signal)).reveal()).toBe('correct horse');
    expect(requested).toEqual(['sf/prod/password']);
  });

  it('returns a rotated value at the next read, and redacts both values', async () => {
    const { sources, values, redact } = stage({ password: 'secret:/sf/prod/password' });
    await sources.get('password')!.read(signal);
    values.set('sf/prod/password', 'new and shiny');
    expect((await sources.get('password')!.read(signal)).reveal()).toBe('new and shiny');
    expect(redact('correct horse, new and shiny')).toBe('[secret], [secret]');
  });

  it('is denied for another field, connector or host without a call to the provider', async () => {
    const denied = [
      stage({ securityToken: 'secret:/sf/prod/password' }),
      stage({ password: 'secret:/sf/prod/password' }, { connector: 'Http' }),
      stage({ password: 'secret:/sf/prod/password' }, { endpoints: ['evil.example:443'] }),
      stage(
        { password: 'secret:/sf/prod/password' },
        { endpoints: ['acme.my.salesforce.com:443', 'evil.example:443'] },
      ),
      stage({ password: 'secret:/sf/prod/password' }, { endpoints: [] }),
      stage({ password: 'secret:/other' }),
    ];
    for (const { sources, requested, logged } of denied) {
      expect((await failure([...sources.values()][0])).code).toBe('SECRET_UNAVAILABLE');
      expect(requested).toEqual([]);
      expect(logged).toMatchObject([{ event: 'audit', decision: 'deny' }]);
    }
  });

  it('has the same outward error when unknown, denied or unsafe; only the local log has the reason', async () => {
    const unknown = stage({ password: 'secret:/sf/prod/nothing' });
    const denied = stage({ password: 'secret:/elsewhere/password' });
    const unsafe = stage({ password: 'secret:/sf/prod/password' }, { fails: 'FILE_UNSAFE' });
    const outward = await Promise.all(
      [unknown, denied, unsafe].map(async ({ sources }) =>
        JSON.stringify((await failure(sources.get('password'))).toFailure()),
      ),
    );
    expect(new Set(outward).size).toBe(1);
    expect(new Set([unknown, denied, unsafe].map(({ logged }) => logged[0]?.['message']))).toEqual(
      new Set(['unknown secret', 'secret denied', 'failed to read secret']),
    );
  });

  it.each([
    'SECRET_PROVIDER_FAILED',
    'VAULT_LOCKED',
    'VAULT_DAMAGED',
    'VAULT_ROLLED_BACK',
  ] as const)('reports %s without details of the provider', async (code) => {
    const error = await failure(
      stage({ password: 'secret:/sf/prod/password' }, { fails: code }).sources.get('password'),
    );
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('/etc/private');
  });

  it('never returns the reference itself as the password', async () => {
    const { sources } = stage({ password: 'secret:/sf/prod/nothing' });
    expect((await failure(sources.get('password'))).code).toBe('SECRET_UNAVAILABLE');
  });

  it('returns plain text only if the policy permits it, and always redacts it', async () => {
    const refused = stage({ password: 'typed in by hand' });
    expect((await failure(refused.sources.get('password'))).code).toBe('SECRET_UNAVAILABLE');
    expect(refused.redact('typed in by hand')).toBe('[secret]');
    const allowed = stage(
      { password: 'typed in by hand' },
      { policy: '{version: 1, plainTextSecrets: allow}' },
    );
    const source = allowed.sources.get('password')!;
    expect([source.reference, (await source.read(signal)).reveal()]).toEqual([
      undefined,
      'typed in by hand',
    ]);
  });

  it('logs no value', async () => {
    const { sources, logged } = stage({ password: 'secret:/sf/prod/password' });
    await sources.get('password')!.read(signal);
    expect(logged).toMatchObject([
      {
        event: 'audit',
        decision: 'allow',
        reference: 'secret:/sf/prod/password',
        rule: 'secrets[0]',
      },
    ]);
    expect(JSON.stringify(logged)).not.toContain('correct horse');
  });
});
