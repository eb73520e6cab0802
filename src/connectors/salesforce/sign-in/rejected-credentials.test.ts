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

let sandbox: Sandbox;
const one = { sobjectNames: ['Account'] };

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 30, lockoutAfter: 50 });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
  sandbox.unlockUser();
});

describe('rejected credentials', () => {
  const stateOf = (): string => join(mkdtempSync(join(tmpdir(), 'sign-in-')), 'state');

  it('are not sent again by a later run until a secret has a new version', async () => {
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

  it('are recorded in the username-password flow', async () => {
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

  it('are sent again when no password was involved', async () => {
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
    'a fault %s becomes %s with a remedy and does not stop a later run',
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
