import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import {
  extractFrom,
  soapOptions,
  tableNames,
  type RunOptions,
} from '../../../../test/support/salesforce-run.ts';

let sandbox: Sandbox;
const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 30, jwtKeys: [publicKey] });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
  sandbox.unlockUser();
});

function jwt(): RunOptions {
  const { username, consumerKey } = sandbox.credentials;
  return {
    connection: {
      username,
      consumerKey,
      privateKey: 'x',
      salesforceDomain: sandbox.myDomain,
      sobjectNames: ['Account'],
    },
    secrets: { privateKey },
  };
}

function clientCredentials(): RunOptions {
  const { consumerKey, consumerSecret } = sandbox.credentials;
  return {
    connection: {
      consumerKey,
      consumerSecret: 'x',
      salesforceDomain: sandbox.myDomain,
      sobjectNames: ['Account'],
    },
    secrets: { consumerSecret },
  };
}

function soap(): RunOptions {
  const { connection, secrets } = soapOptions(sandbox);
  return { connection: { ...connection, sobjectNames: ['Account'] }, secrets: secrets! };
}

describe.each([
  ['SOAP login()', soap],
  ['client credentials', clientCredentials],
  ['JWT bearer', jwt],
] as const)('a sign-in by %s', (_way, options) => {
  it.each([
    ['a 503', { kind: 'unavailable' }],
    ['a maintenance page', { kind: 'maintenance' }],
    ['a truncated response', { kind: 'truncate', afterBytes: 20 }],
    ['a response that stalls', { kind: 'stall-body', afterBytes: 20 }],
    ['no response', { kind: 'stall-headers' }],
    ['a connection that breaks', { kind: 'reset' }],
  ] as const)('succeeds after %s', async (_fault, effect) => {
    sandbox.faults.install({ match: { path: 'Soap|oauth2', times: 1 }, effect });
    const { records } = await extractFrom(sandbox, {
      ...options(),
      tuning: { headersMs: 400, bodyIdleMs: 300, callMs: 800 },
    });
    expect(tableNames(records)).toEqual(['Account']);
    expect(sandbox.stats().logins).toBeGreaterThanOrEqual(1);
  });

  it('ends with a typed error after a bounded number of unreadable responses', async () => {
    sandbox.faults.install({ match: { path: 'Soap|oauth2' }, effect: { kind: 'not-json' } });
    await expect(extractFrom(sandbox, options())).rejects.toMatchObject({
      code: 'SALESFORCE_UNEXPECTED',
      retryable: true,
    });
    expect(sandbox.stats().httpRequests).toBeLessThan(30);
  });

  it('waits for a secret provider that fails, for nothing was sent to Salesforce', async () => {
    const { secrets, ...rest } = options();
    let reads = 0;
    const flaky = (value: string | (() => string)) => (): string => {
      reads += 1;
      if (reads <= 6) throw new RunnerError('SECRET_PROVIDER_FAILED', 'the provider is restarting');
      return typeof value === 'string' ? value : value();
    };
    const { records, progress } = await extractFrom(sandbox, {
      ...rest,
      secrets: Object.fromEntries(
        Object.entries(secrets!).map(([field, value]) => [field, flaky(value)]),
      ),
      tuning: { patienceMs: 120_000 },
    });
    expect(tableNames(records)).toEqual(['Account']);
    expect(sandbox.stats().logins).toBe(1);
    expect(progress.map(({ phase }) => phase)).toContainEqual(
      expect.stringMatching(/^waiting for the secret provider: fails, retry in/),
    );
  });

  it('ends with a typed error after a gzip bomb', async () => {
    sandbox.faults.install({
      match: { path: 'Soap|oauth2' },
      effect: { kind: 'gzip-bomb', megabytes: 100 },
    });
    await expect(extractFrom(sandbox, options())).rejects.toMatchObject({
      code: 'RESPONSE_TOO_LARGE',
    });
  });
});

describe('a clock that is wrong by an hour', () => {
  it.each([
    ['slow', 3600],
    ['fast', -3600],
  ])(
    '(%s) is replaced by the org’s clock for JWT bearer, with a warning',
    async (_way, seconds) => {
      sandbox.faults.install({ effect: { kind: 'clock-offset', seconds } });
      const { records, logs } = await extractFrom(sandbox, jwt());
      expect(tableNames(records)).toEqual(['Account']);
      const warnings = logs.filter(
        ({ level, message }) => level === 'warn' && message.includes('clock'),
      );
      expect(warnings).toHaveLength(1);
      expect(Math.abs(Number(warnings[0]!.data?.['skewSeconds']) - seconds)).toBeLessThan(10);
      expect(sandbox.stats().calls['token']).toBe(2);
    },
  );

  it('does not hide a wrong key', async () => {
    sandbox.faults.install({ effect: { kind: 'clock-offset', seconds: 3600 } });
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    });
    await expect(
      extractFrom(sandbox, { ...jwt(), secrets: { privateKey: String(other) } }),
    ).rejects.toMatchObject({ code: 'SALESFORCE_LOGIN_FAILED' });
    expect(sandbox.stats().calls['token']).toBe(2);
  });

  it.each([
    ['SOAP login()', soap],
    ['client credentials', clientCredentials],
  ] as const)('does not affect %s', async (_way, options) => {
    sandbox.faults.install({ effect: { kind: 'clock-offset', seconds: -3600 } });
    expect(tableNames((await extractFrom(sandbox, options())).records)).toEqual(['Account']);
  });
});
