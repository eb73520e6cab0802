import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type FaultRule, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { extractFrom, tableNames } from '../../../../test/support/salesforce-run.ts';
import {
  oauthError,
  publicKey,
  rememberedIn,
  respond,
  SIGN_IN_NAMES,
  SIGN_INS,
  SOAP,
  soapFault,
  stateDirectoryOf,
  WITH_PASSWORD,
} from '../../../../test/support/salesforce-sign-ins.ts';

/** Each sign-in method with each response that rejects the credentials. */

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({
    objects: 30,
    jwtKeys: [publicKey],
    trustedRanges: ['127.0.0.0/8'],
  });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
  sandbox.unlockUser();
});

const REJECTED_SOAP = [
  'INVALID_LOGIN',
  'sf:INVALID_LOGIN',
  'INVALID_OPERATION_WITH_EXPIRED_PASSWORD',
];
const REJECTED_OAUTH: Readonly<
  Record<string, readonly [way: string, name: string, description: string]>
> = {
  'a wrong password': ['OAuth with a password', 'invalid_grant', 'authentication failure'],
  'a wrong password, in other words': [
    'OAuth with a password',
    'invalid_grant',
    'authentication failure - Invalid Password',
  ],
  'a wrong client secret beside a password': [
    'OAuth with a password',
    'invalid_client',
    'invalid client credentials',
  ],
  'a wrong client secret': ['client credentials', 'invalid_client', 'invalid client credentials'],
  'a wrong key': ['JWT bearer', 'invalid_grant', 'invalid assertion'],
};
const REJECTED: readonly (readonly [string, string, FaultRule['effect']])[] = [
  ...SOAP.flatMap((method) =>
    REJECTED_SOAP.map((code) => [method, code, soapFault(code)] as const),
  ),
  ...Object.entries(REJECTED_OAUTH).map(
    ([what, [method, name, description]]) =>
      [
        method,
        what,
        respond(name === 'invalid_client' ? 401 : 400, oauthError(name, description)),
      ] as const,
  ),
];

describe('a rejection of the credentials', () => {
  it.each(REJECTED)(
    'to %s (%s) is final: this run does not send them again, and later runs no passwords',
    async (method, _name, effect) => {
      const stateDirectory = stateDirectoryOf();
      sandbox.faults.install({ match: { path: 'Soap|oauth2' }, effect });
      const run = { ...SIGN_INS[method]!(sandbox), stateDirectory };
      await expect(extractFrom(sandbox, run)).rejects.toMatchObject({
        code: 'SALESFORCE_LOGIN_FAILED',
        retryable: false,
      });
      expect(sandbox.stats().httpRequests).toBe(1);
      sandbox.faults.clear();
      expect(rememberedIn(stateDirectory)).toHaveLength(WITH_PASSWORD.has(method) ? 1 : 0);
      if (!WITH_PASSWORD.has(method)) return;
      await expect(extractFrom(sandbox, run)).rejects.toMatchObject({
        code: 'SALESFORCE_LOGIN_FAILED',
      });
      expect(sandbox.stats().httpRequests).toBe(1);
    },
  );

  it.each(SIGN_IN_NAMES)('of a %s sign-in during a run is final', async (method) => {
    const stateDirectory = stateDirectoryOf();
    let expired = false;
    const run = extractFrom(sandbox, {
      ...SIGN_INS[method]!(sandbox),
      stateDirectory,
      onRecord: (record) => {
        if (expired || record.kind !== 'entity' || record.type !== 'databaseSchema') return;
        expired = true;
        sandbox.resetStats();
        sandbox.faults.install(
          { match: { path: 'Soap' }, effect: soapFault('INVALID_LOGIN') },
          {
            match: { path: 'oauth2' },
            effect: respond(
              400,
              oauthError(
                'invalid_grant',
                method === 'JWT bearer' ? 'invalid assertion' : 'authentication failure',
              ),
            ),
          },
        );
        sandbox.expireSessions();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'SALESFORCE_LOGIN_FAILED', retryable: false });
    expect(sandbox.stats().faultsFired).toBe(1);
    expect(rememberedIn(stateDirectory)).toHaveLength(WITH_PASSWORD.has(method) ? 1 : 0);
  });

  it.each([
    ['OAuth with a password', 'IP restricted or invalid login hours'],
    ['OAuth with a password', 'inactive user'],
    ['OAuth with a password', 'an undocumented reason'],
    ['client credentials', 'no client credentials user enabled'],
    ['JWT bearer', 'user hasn’t approved this consumer'],
  ])(
    'is distinct from another permanent failure of %s (%s), after which the next run retries',
    async (method, description) => {
      const stateDirectory = stateDirectoryOf();
      sandbox.faults.install({
        match: { path: 'oauth2', times: 1 },
        effect: respond(400, oauthError('invalid_grant', description)),
      });
      const run = { ...SIGN_INS[method]!(sandbox), stateDirectory };
      await expect(extractFrom(sandbox, run)).rejects.toMatchObject({
        code: 'SALESFORCE_LOGIN_DENIED',
        retryable: false,
      });
      expect(tableNames((await extractFrom(sandbox, run)).records)).toEqual(['Account']);
    },
  );
});
