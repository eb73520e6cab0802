import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type FaultRule, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { extractFrom, tableNames } from '../../../../test/support/salesforce-run.ts';
import {
  OAUTH,
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

/** Responses to a sign-in that say nothing about the credentials. */

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({
    objects: 1,
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

/** To any sign-in method. */
const INCONCLUSIVE: Readonly<Record<string, FaultRule['effect']>> = {
  ...Object.fromEntries(
    [429, 500, 502, 503, 504].flatMap((status) => [
      [
        `${status} with an OAuth error`,
        respond(status, oauthError('unknown_error', 'retry your request')),
      ],
      [
        `${status} that names invalid_grant`,
        respond(status, oauthError('invalid_grant', 'authentication failure')),
      ],
      [
        `${status} with a REST error`,
        respond(status, [{ errorCode: 'SERVER_UNAVAILABLE', message: 'Too many requests' }]),
      ],
    ]),
  ),
  '502 with a page': respond(502, '<html>Bad Gateway</html>'),
  '503 with nothing': respond(503, ''),
  '400 with unknown_error': respond(400, oauthError('unknown_error', 'retry your request')),
  '400 with a page': respond(400, '<html>Bad Request</html>'),
  '403 with a proxy’s page': respond(403, '<html>blocked</html>'),
  '200 with nothing': respond(200, ''),
  '200 with null': respond(200, 'null'),
  '200 with an empty object': respond(200, {}),
  '200 with a page': respond(200, '<html>Please accept the terms of this network</html>'),
  '200 with half of a token': respond(200, { access_token: '00Dx!half', token_type: 'Bearer' }),
  'a connection that breaks': { kind: 'reset' },
};
const INCONCLUSIVE_SOAP: Readonly<Record<string, FaultRule['effect']>> = {
  'the fault SERVER_UNAVAILABLE': soapFault('SERVER_UNAVAILABLE'),
  'the fault UNKNOWN_EXCEPTION': soapFault('sf:UNKNOWN_EXCEPTION'),
  'an unknown fault': soapFault('sf:SOMETHING_NEW'),
  'INVALID_LOGIN under 503': soapFault('INVALID_LOGIN', 503),
};
const INCONCLUSIVE_OAUTH: Readonly<Record<string, FaultRule['effect']>> = {
  rate_limit_exceeded: respond(400, oauthError('rate_limit_exceeded')),
  temporarily_unavailable: respond(400, oauthError('temporarily_unavailable')),
};

/**
 * Each answer to one method of SOAP and one of OAuth, in turn: what it means is decided in one
 * place for SOAP and in another for OAuth.
 */
const inTurn = <T>(answers: Readonly<Record<string, T>>): [string, string, T][] =>
  Object.entries(answers).flatMap(([name, effect], index) =>
    [SOAP, OAUTH].map((methods): [string, string, T] => [
      methods[index % methods.length]!,
      name,
      effect,
    ]),
  );

const times = <T>(
  methods: readonly string[],
  answers: Readonly<Record<string, T>>,
): [string, string, T][] =>
  methods.flatMap((method) =>
    Object.entries(answers).map(([name, effect]): [string, string, T] => [method, name, effect]),
  );

describe('an inconclusive response', () => {
  it.each([
    ...inTurn(INCONCLUSIVE),
    ...times(SOAP, INCONCLUSIVE_SOAP),
    ...times(OAUTH, INCONCLUSIVE_OAUTH),
  ])(
    'to %s (%s) is not recorded at the start or during a run, and the sign-in is retried',
    async (method, _name, effect) => {
      const stateDirectory = stateDirectoryOf();
      const rule: FaultRule = { match: { path: 'Soap|oauth2', times: 1 }, effect };
      sandbox.faults.install(rule);
      let expired = false;
      const { records } = await extractFrom(sandbox, {
        ...SIGN_INS[method]!(sandbox),
        stateDirectory,
        onRecord: (record) => {
          if (expired || record.kind !== 'entity' || record.type !== 'databaseSchema') return;
          expired = true;
          sandbox.faults.install(rule);
          sandbox.expireSessions();
        },
      });
      expect(tableNames(records)).toEqual(['Account']);
      expect(sandbox.stats().faultsFired).toBe(2);
      expect(rememberedIn(stateDirectory)).toEqual([]);
    },
  );

  it.each(SIGN_IN_NAMES)(
    'to %s ends the run with a retryable error when the retry limit is reached, and the next run succeeds',
    async (method) => {
      const stateDirectory = stateDirectoryOf();
      sandbox.faults.install({
        match: { path: 'Soap|oauth2' },
        effect: respond(503, oauthError('invalid_grant', 'authentication failure')),
      });
      await expect(
        extractFrom(sandbox, { ...SIGN_INS[method]!(sandbox), stateDirectory }),
      ).rejects.toMatchObject({ code: 'SALESFORCE_BUSY', retryable: true });
      expect(sandbox.stats().httpRequests).toBeLessThan(30);
      expect(rememberedIn(stateDirectory)).toEqual([]);
      sandbox.faults.clear();
      expect(
        tableNames(
          (await extractFrom(sandbox, { ...SIGN_INS[method]!(sandbox), stateDirectory })).records,
        ),
      ).toEqual(['Account']);
    },
  );

  it.each([...WITH_PASSWORD])(
    'to %s makes at most three tries if the password may have been checked',
    async (method) => {
      sandbox.faults.install({ match: { path: 'Soap|oauth2' }, effect: respond(200, '<html>') });
      await expect(extractFrom(sandbox, SIGN_INS[method]!(sandbox))).rejects.toMatchObject({
        code: 'SALESFORCE_UNEXPECTED',
        retryable: true,
      });
      expect(sandbox.stats().httpRequests).toBe(3);
    },
  );
});
