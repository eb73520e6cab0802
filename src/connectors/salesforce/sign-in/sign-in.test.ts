import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import {
  extractFrom,
  soapOptions,
  tableNames,
  testConnectionOf,
} from '../../../../test/support/salesforce-run.ts';
import { SessionKeeper } from './session-keeper.ts';
import type { Session } from './session.ts';

let sandbox: Sandbox;
const one = { sobjectNames: ['Account'] };

beforeAll(async () => {
  sandbox = await startSandbox({
    objects: 30,
    trustedRanges: ['127.0.0.0/8'],
    lockoutAfter: 50,
    proxyPort: 0,
    proxyCredentials: { username: 'proxyuser', password: 'proxypass' },
  });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
  sandbox.unlockUser();
});

describe('signing in', () => {
  it('works by user name, password and token, and warns that this way ends', async () => {
    const { records, logs, protectedValues } = await extractFrom(sandbox, { connection: one });
    expect(tableNames(records)).toEqual(['Account']);
    expect(
      logs
        .filter(({ level }) => level === 'warn')
        .map(({ message }) => message)
        .join(),
    ).toMatch(/Summer ’27.*JWT bearer/);
    const { password, securityToken } = sandbox.credentials;
    expect([...protectedValues]).toContain(password + securityToken);
    expect([...protectedValues].some((value) => value.startsWith('00D'))).toBe(true);
  });

  it('works by organization id from a trusted range, through login.salesforce.com', async () => {
    const { username, password } = sandbox.credentials;
    const { records, dialed } = await extractFrom(sandbox, {
      connection: { username, password: 'x', organizationId: sandbox.organizationId, ...one },
      secrets: { password },
    });
    expect(tableNames(records)).toEqual(['Account']);
    expect(new Set(dialed)).toEqual(
      new Set(['login.salesforce.com:443', 'acme.my.salesforce.com:443']),
    );
  });

  it('works by client credentials', async () => {
    const { consumerKey, consumerSecret } = sandbox.credentials;
    const { records, protectedValues } = await extractFrom(sandbox, {
      connection: { consumerKey, consumerSecret: 'x', salesforceDomain: sandbox.myDomain, ...one },
      secrets: { consumerSecret },
    });
    expect(tableNames(records)).toEqual(['Account']);
    expect([...protectedValues].some((value) => value.startsWith('00D'))).toBe(true);
  });

  it('works by user name and password over OAuth', async () => {
    const { username, password, securityToken, consumerKey, consumerSecret } = sandbox.credentials;
    const { records } = await extractFrom(sandbox, {
      connection: {
        username,
        password: 'x',
        securityToken: 'x',
        consumerKey,
        consumerSecret: 'x',
        ...one,
      },
      secrets: { password, securityToken, consumerSecret },
    });
    expect(tableNames(records)).toEqual(['Account']);
  });

  it('works by JWT bearer', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    sandbox.registerCertificate(publicKey);
    const { username, consumerKey } = sandbox.credentials;
    const { records } = await extractFrom(sandbox, {
      connection: {
        username,
        consumerKey,
        privateKey: 'x',
        salesforceDomain: sandbox.myDomain,
        ...one,
      },
      secrets: { privateKey },
    });
    expect(tableNames(records)).toEqual(['Account']);
  });

  it('works by JWT bearer with a key whose line breaks are written as \\n, and keeps both forms of it out of the output', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    sandbox.registerCertificate(publicKey);
    const { username, consumerKey } = sandbox.credentials;
    const { records, protectedValues } = await extractFrom(sandbox, {
      connection: {
        username,
        consumerKey,
        privateKey: 'x',
        salesforceDomain: sandbox.myDomain,
        ...one,
      },
      secrets: { privateKey: privateKey.replaceAll('\n', '\\n') },
    });
    expect(tableNames(records)).toEqual(['Account']);
    expect([...protectedValues].some((value) => value.startsWith(privateKey.trim()))).toBe(true);
  });

  it('works through a proxy that wants a password', async () => {
    const proxy = sandbox.proxyUrl!.replace('http://', 'http://proxyuser:proxypass@');
    const { records } = await extractFrom(sandbox, { connection: one, proxy });
    expect(tableNames(records)).toEqual(['Account']);
    expect(sandbox.stats().proxy.connections).toBeGreaterThan(0);
  });

  it.each([
    ['password', { password: 'wrong' }, 'SALESFORCE_LOGIN_FAILED'],
    ['token', { securityToken: 'wrong' }, 'SALESFORCE_LOGIN_FAILED'],
  ])('with a wrong %s is refused after one try', async (_what, wrong, code) => {
    const { connection, secrets } = soapOptions(sandbox);
    await expect(
      extractFrom(sandbox, {
        connection: { ...connection, ...one },
        secrets: { ...secrets, ...wrong },
      }),
    ).rejects.toMatchObject({ code, retryable: false });
    expect(sandbox.stats().httpRequests).toBe(1);
  });

  it('escapes what XML would read as markup', async () => {
    const { connection, secrets } = soapOptions(sandbox);
    const attempt = extractFrom(sandbox, {
      connection: { ...connection, username: `a&b<c>"d"'e'@acme.com` },
      secrets: { ...secrets, password: '</u:password>&amp;' },
    });
    await expect(attempt).rejects.toMatchObject({ code: 'SALESFORCE_LOGIN_FAILED' });
  });

  it('refuses an org that is not the one named', async () => {
    const { connection, secrets } = soapOptions(sandbox);
    await expect(
      extractFrom(sandbox, {
        connection: { ...connection, organizationId: '00DIB000004nDEq' },
        secrets: secrets!,
      }),
    ).rejects.toMatchObject({ code: 'SALESFORCE_CONNECTION_INVALID' });
  });

  it.each([
    'https://evil.example/services/Soap/u/64.0',
    'http://acme.my.salesforce.com',
    'https://acme.my.salesforce.com.evil.example',
    'https://other.my.salesforce.com',
  ])('goes nowhere when the answer points to %s', async (url) => {
    sandbox.faults.install({ match: { path: 'Soap' }, effect: { kind: 'hostile-url', url } });
    await expect(extractFrom(sandbox, { connection: one })).rejects.toMatchObject({
      code: 'SALESFORCE_UNEXPECTED',
    });
    sandbox.faults.clear();
    sandbox.faults.install({ match: { path: 'oauth2' }, effect: { kind: 'hostile-url', url } });
    const { consumerKey, consumerSecret } = sandbox.credentials;
    await expect(
      extractFrom(sandbox, {
        connection: { consumerKey, consumerSecret: 'x', salesforceDomain: sandbox.myDomain },
        secrets: { consumerSecret },
      }),
    ).rejects.toMatchObject({ code: 'SALESFORCE_UNEXPECTED' });
  });

  it('follows no redirect', async () => {
    sandbox.faults.install({
      match: { path: 'sobjects' },
      effect: { kind: 'redirect', location: 'https://evil.example/' },
    });
    const run = extractFrom(sandbox, { connection: one });
    await expect(run).rejects.toMatchObject({ code: 'SALESFORCE_UNEXPECTED' });
  });
});

describe('credentials that were refused', () => {
  const stateOf = (): string => join(mkdtempSync(join(tmpdir(), 'sign-in-')), 'state');

  it('are not sent again by a later run, until a secret has a new version', async () => {
    const { connection, secrets } = soapOptions(sandbox);
    const stateDirectory = stateOf();
    const wrong = {
      connection: { ...connection, ...one },
      secrets: { ...secrets, password: 'wrong' },
      stateDirectory,
    };
    await expect(extractFrom(sandbox, wrong)).rejects.toMatchObject({
      code: 'SALESFORCE_LOGIN_FAILED',
    });
    await expect(extractFrom(sandbox, wrong)).rejects.toMatchObject({
      code: 'SALESFORCE_LOGIN_FAILED',
      message: expect.stringContaining('not sent again') as string,
      remedy: expect.stringContaining('store them again') as string,
    });
    expect(await testConnectionOf(sandbox, wrong)).toMatchObject([
      { passed: false, error: { code: 'SALESFORCE_LOGIN_FAILED' } },
    ]);
    expect(sandbox.stats().calls['soap']).toBe(1);
    const { records } = await extractFrom(sandbox, { ...wrong, secrets: secrets! });
    expect(tableNames(records)).toEqual(['Account']);
  });

  it('are remembered for the username-password flow too', async () => {
    const { username, password, consumerKey, consumerSecret } = sandbox.credentials;
    const wrong = {
      connection: {
        username,
        password: 'x',
        securityToken: 'x',
        consumerKey,
        consumerSecret: 'x',
        ...one,
      },
      secrets: { password, securityToken: 'wrong', consumerSecret },
      stateDirectory: stateOf(),
    };
    for (let run = 0; run < 3; run++)
      await expect(extractFrom(sandbox, wrong)).rejects.toMatchObject({
        code: 'SALESFORCE_LOGIN_FAILED',
      });
    expect(sandbox.stats().calls['token']).toBe(1);
  });

  it('are sent again when something other than a password was to blame', async () => {
    const { consumerKey, consumerSecret } = sandbox.credentials;
    const stateDirectory = stateOf();
    const wrong = {
      connection: { consumerKey, consumerSecret: 'x', salesforceDomain: sandbox.myDomain, ...one },
      secrets: { consumerSecret: 'wrong' },
      stateDirectory,
    };
    for (let run = 0; run < 2; run++)
      await expect(extractFrom(sandbox, wrong)).rejects.toMatchObject({
        code: 'SALESFORCE_LOGIN_FAILED',
      });
    await expect(
      extractFrom(sandbox, {
        ...wrong,
        connection: { ...wrong.connection, consumerKey: 'unknown-app' },
        secrets: { consumerSecret },
      }),
    ).rejects.toMatchObject({ code: 'SALESFORCE_LOGIN_DENIED' });
    expect(sandbox.stats().calls['token']).toBe(3);
  });

  it.each([
    ['LOGIN_DURING_RESTRICTED_DOMAIN', 'SALESFORCE_LOGIN_DENIED', 'login IP ranges'],
    ['LOGIN_MUST_USE_SECURITY_TOKEN', 'SALESFORCE_LOGIN_DENIED', 'trusted ranges'],
    ['MUTUAL_AUTHENTICATION_FAILED', 'SALESFORCE_LOGIN_DENIED', 'sslConfig.sslCertificate'],
    ['INSUFFICIENT_ACCESS', 'SALESFORCE_LOGIN_RETIRED', 'Use Any API Auth'],
    ['INVALID_OPERATION', 'SALESFORCE_LOGIN_RETIRED', 'JWT bearer'],
  ])(
    'a fault %s is %s, with a remedy, and does not stop a later run',
    async (fault, code, remedy) => {
      const stateDirectory = stateOf();
      sandbox.faults.install({
        match: { path: 'Soap', times: 1 },
        effect: {
          kind: 'respond',
          status: 500,
          body: `<e:Envelope><e:Body><e:Fault><faultcode>sf:${fault}</faultcode></e:Fault></e:Body></e:Envelope>`,
        },
      });
      await expect(extractFrom(sandbox, { connection: one, stateDirectory })).rejects.toMatchObject(
        { code, remedy: expect.stringContaining(remedy) as string },
      );
      expect(
        tableNames((await extractFrom(sandbox, { connection: one, stateDirectory })).records),
      ).toEqual(['Account']);
    },
  );
});

describe('API versions', () => {
  it.each([
    ['25.0', 'retired'],
    ['99.0', 'offers API versions 31.0 to 68.0'],
  ])('%s is refused', async (salesforceApiVersion, text) => {
    await expect(
      extractFrom(sandbox, { connection: { ...one, salesforceApiVersion } }),
    ).rejects.toMatchObject({
      code: 'SALESFORCE_VERSION_UNSUPPORTED',
      message: expect.stringContaining(text) as string,
    });
  });

  it('42.0, OpenMetadata’s default, still works', async () => {
    expect(
      tableNames(
        (await extractFrom(sandbox, { connection: { ...one, salesforceApiVersion: '42' } }))
          .records,
      ),
    ).toEqual(['Account']);
  });
});

describe('a connection test', () => {
  it('goes step by step', async () => {
    const steps = await testConnectionOf(sandbox);
    expect(steps.map(({ name, passed, mandatory }) => [name, passed, mandatory])).toEqual([
      ['SignIn', true, true],
      ['ApiVersion', true, true],
      ['CheckAccess', true, true],
      ['ReadDescriptions', true, false],
      ['CheckLimits', true, false],
    ]);
    expect(steps[4]!.message).toMatch(/^\d+ of 100000 API calls/);
  });

  it('ends at a mandatory step that fails, with a remedy', async () => {
    const { connection, secrets } = soapOptions(sandbox);
    const steps = await testConnectionOf(sandbox, {
      connection,
      secrets: { ...secrets, password: 'wrong' },
    });
    expect(steps).toHaveLength(1);
    expect(steps[0]).toMatchObject({
      name: 'SignIn',
      passed: false,
      error: { code: 'SALESFORCE_LOGIN_FAILED' },
    });
    expect(steps[0]!.error?.remedy).toContain('Check user name');
  });

  it('goes on when descriptions cannot be read', async () => {
    sandbox.faults.install({
      match: { path: 'tooling' },
      effect: {
        kind: 'respond',
        status: 403,
        body: [{ errorCode: 'INSUFFICIENT_ACCESS', message: 'no' }],
      },
    });
    const steps = await testConnectionOf(sandbox);
    expect(steps.map(({ passed }) => passed)).toEqual([true, true, true, false, true]);
    expect(steps[3]!.error?.remedy).toContain('View Setup and Configuration');
  });
});

describe('the one session of an attempt', () => {
  it('is opened once for fifty calls that meet its end together', async () => {
    let opened = 0;
    const keeper = new SessionKeeper(async () => {
      opened += 1;
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      return {
        origin: 'https://acme.my.salesforce.com',
        accessToken: `t${opened}`,
        organizationId: '00D',
      };
    }, new AbortController().signal);
    const { signal } = new AbortController();
    const first = await keeper.current(signal);
    const renewed = await Promise.all(
      Array.from({ length: 50 }, () => keeper.renew(first, signal)),
    );
    expect(new Set(renewed.map(({ accessToken }: Session) => accessToken))).toEqual(
      new Set(['t2']),
    );
    expect(await keeper.renew(first, signal)).toBe(renewed[0]);
    expect(opened).toBe(2);
  });

  it('is renewed with the secrets of that moment, and not again with credentials that were refused', async () => {
    const { connection, secrets } = soapOptions(sandbox);
    let password = sandbox.credentials.password;
    let expired = false;
    const run = extractFrom(sandbox, {
      connection: { ...connection, ...one },
      secrets: { ...secrets, password: () => password },
      onRecord: (record) => {
        if (expired || record.kind !== 'entity' || record.type !== 'databaseSchema') return;
        expired = true;
        password = 'rotated-away';
        sandbox.expireSessions();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'SALESFORCE_LOGIN_FAILED' });
    expect(sandbox.stats().calls['soap']).toBe(2);
  });

  it('is renewed once when it ends in the middle of a run', async () => {
    let expired = false;
    const { records } = await extractFrom(sandbox, {
      onRecord: (record) => {
        if (expired || record.kind !== 'entity' || record.type !== 'databaseSchema') return;
        expired = true;
        sandbox.expireSessions();
      },
    });
    expect(tableNames(records)).toHaveLength(sandbox.org.list().length);
    expect(sandbox.stats().logins).toBe(2);
  });
});
