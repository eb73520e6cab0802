import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type FaultRule, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import {
  extractFrom,
  soapOptions,
  tableNames,
  type RunOptions,
} from '../../../../test/support/salesforce-run.ts';

/** Every way to sign in, times every answer: which are Salesforce's word on the credentials, and which say nothing about them. */

let sandbox: Sandbox;
const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

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

const one = { sobjectNames: ['Account'] };
const WAYS: Readonly<Record<string, () => RunOptions>> = {
  'SOAP login() with a token': () => ({
    connection: { ...soapOptions(sandbox).connection, ...one },
    secrets: soapOptions(sandbox).secrets!,
  }),
  'SOAP login() from a trusted range': () => {
    const { username, password } = sandbox.credentials;
    return {
      connection: { username, password: 'x', organizationId: sandbox.organizationId, ...one },
      secrets: { password },
    };
  },
  'OAuth with a password': () => {
    const { username, password, securityToken, consumerKey, consumerSecret } = sandbox.credentials;
    return {
      connection: {
        username,
        password: 'x',
        securityToken: 'x',
        consumerKey,
        consumerSecret: 'x',
        ...one,
      },
      secrets: { password, securityToken, consumerSecret },
    };
  },
  'client credentials': () => {
    const { consumerKey, consumerSecret } = sandbox.credentials;
    return {
      connection: { consumerKey, consumerSecret: 'x', salesforceDomain: sandbox.myDomain, ...one },
      secrets: { consumerSecret },
    };
  },
  'JWT bearer': () => {
    const { username, consumerKey } = sandbox.credentials;
    return {
      connection: {
        username,
        consumerKey,
        privateKey: 'x',
        salesforceDomain: sandbox.myDomain,
        ...one,
      },
      secrets: { privateKey },
    };
  },
};
const SOAP = Object.keys(WAYS).filter((way) => way.startsWith('SOAP'));
const OAUTH = Object.keys(WAYS).filter((way) => !way.startsWith('SOAP'));
const WITH_PASSWORD: ReadonlySet<string> = new Set([...SOAP, 'OAuth with a password']);

const answer = (status: number, body: unknown): FaultRule['effect'] => ({
  kind: 'respond',
  status,
  body,
});
const soapFault = (code: string, status = 500): FaultRule['effect'] =>
  answer(
    status,
    `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>${code}</faultcode><faultstring>${code}</faultstring></e:Fault></e:Body></e:Envelope>`,
  );
const error = (name: string, description = name): object => ({
  error: name,
  error_description: description,
});

/** For every way. */
const PASSING: Readonly<Record<string, FaultRule['effect']>> = {
  ...Object.fromEntries(
    [429, 500, 502, 503, 504].flatMap((status) => [
      [
        `${status} with an OAuth error`,
        answer(status, error('unknown_error', 'retry your request')),
      ],
      [
        `${status} that names invalid_grant`,
        answer(status, error('invalid_grant', 'authentication failure')),
      ],
      [
        `${status} with a REST error`,
        answer(status, [{ errorCode: 'SERVER_UNAVAILABLE', message: 'Too many requests' }]),
      ],
    ]),
  ),
  '502 with a page': answer(502, '<html>Bad Gateway</html>'),
  '503 with nothing': answer(503, ''),
  '400 with unknown_error': answer(400, error('unknown_error', 'retry your request')),
  '400 with a page': answer(400, '<html>Bad Request</html>'),
  '403 with a proxy’s page': answer(403, '<html>blocked</html>'),
  '200 with nothing': answer(200, ''),
  '200 with null': answer(200, 'null'),
  '200 with an empty object': answer(200, {}),
  '200 with a page': answer(200, '<html>Please accept the terms of this network</html>'),
  '200 with half of an answer': answer(200, { access_token: '00Dx!half', token_type: 'Bearer' }),
  'a connection that breaks': { kind: 'reset' },
};
const PASSING_SOAP: Readonly<Record<string, FaultRule['effect']>> = {
  'the fault SERVER_UNAVAILABLE': soapFault('SERVER_UNAVAILABLE'),
  'the fault UNKNOWN_EXCEPTION': soapFault('sf:UNKNOWN_EXCEPTION'),
  'a fault of a kind that is new': soapFault('sf:SOMETHING_NEW'),
  'INVALID_LOGIN under 503': soapFault('INVALID_LOGIN', 503),
};
const PASSING_OAUTH: Readonly<Record<string, FaultRule['effect']>> = {
  rate_limit_exceeded: answer(400, error('rate_limit_exceeded')),
  temporarily_unavailable: answer(400, error('temporarily_unavailable')),
};

const remembered = (directory: string): string[] =>
  existsSync(join(directory, 'refused-sign-ins'))
    ? readdirSync(join(directory, 'refused-sign-ins'))
    : [];
const stateOf = (): string => mkdtempSync(join(tmpdir(), 'verdicts-'));
const times = <T>(
  ways: readonly string[],
  answers: Readonly<Record<string, T>>,
): [string, string, T][] =>
  ways.flatMap((way) =>
    Object.entries(answers).map(([name, effect]): [string, string, T] => [way, name, effect]),
  );

describe('an answer that is not Salesforce’s word on the credentials', () => {
  it.each([
    ...times(Object.keys(WAYS), PASSING),
    ...times(SOAP, PASSING_SOAP),
    ...times(OAUTH, PASSING_OAUTH),
  ])(
    'to %s (%s), at first and in the middle of a run, is not remembered against them; the sign-in is tried again',
    async (way, _name, effect) => {
      const stateDirectory = stateOf();
      const rule: FaultRule = { match: { path: 'Soap|oauth2', times: 1 }, effect };
      sandbox.faults.install(rule);
      let expired = false;
      const { records } = await extractFrom(sandbox, {
        ...WAYS[way]!(),
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
      expect(remembered(stateDirectory)).toEqual([]);
    },
  );

  it.each(Object.keys(WAYS))(
    'to %s, for longer than patience lasts, ends the run with an error worth another try, and the next one succeeds',
    async (way) => {
      const stateDirectory = stateOf();
      sandbox.faults.install({
        match: { path: 'Soap|oauth2' },
        effect: answer(503, error('invalid_grant', 'authentication failure')),
      });
      await expect(extractFrom(sandbox, { ...WAYS[way]!(), stateDirectory })).rejects.toMatchObject(
        { code: 'SALESFORCE_BUSY', retryable: true },
      );
      expect(sandbox.stats().httpRequests).toBeLessThan(30);
      expect(remembered(stateDirectory)).toEqual([]);
      sandbox.faults.clear();
      expect(
        tableNames((await extractFrom(sandbox, { ...WAYS[way]!(), stateDirectory })).records),
      ).toEqual(['Account']);
    },
  );

  it.each([...WITH_PASSWORD])(
    'to %s, where it leaves open whether the password was judged, is risked three times and no more',
    async (way) => {
      sandbox.faults.install({ match: { path: 'Soap|oauth2' }, effect: answer(200, '<html>') });
      await expect(extractFrom(sandbox, WAYS[way]!())).rejects.toMatchObject({
        code: 'SALESFORCE_UNEXPECTED',
        retryable: true,
      });
      expect(sandbox.stats().httpRequests).toBe(3);
    },
  );
});

const REFUSED_SOAP = [
  'INVALID_LOGIN',
  'sf:INVALID_LOGIN',
  'INVALID_OPERATION_WITH_EXPIRED_PASSWORD',
];
const REFUSED_OAUTH: Readonly<
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
const REFUSED: readonly (readonly [string, string, FaultRule['effect']])[] = [
  ...SOAP.flatMap((way) => REFUSED_SOAP.map((code) => [way, code, soapFault(code)] as const)),
  ...Object.entries(REFUSED_OAUTH).map(
    ([what, [way, name, description]]) =>
      [way, what, answer(name === 'invalid_client' ? 401 : 400, error(name, description))] as const,
  ),
];

describe('Salesforce’s word that the credentials are wrong', () => {
  it.each(REFUSED)(
    'to %s (%s) is final: they are not sent again, and passwords are not sent by later runs either',
    async (way, _name, effect) => {
      const stateDirectory = stateOf();
      sandbox.faults.install({ match: { path: 'Soap|oauth2' }, effect });
      const run = { ...WAYS[way]!(), stateDirectory };
      await expect(extractFrom(sandbox, run)).rejects.toMatchObject({
        code: 'SALESFORCE_LOGIN_FAILED',
        retryable: false,
      });
      expect(sandbox.stats().httpRequests).toBe(1);
      sandbox.faults.clear();
      expect(remembered(stateDirectory)).toHaveLength(WITH_PASSWORD.has(way) ? 1 : 0);
      if (!WITH_PASSWORD.has(way)) return;
      await expect(extractFrom(sandbox, run)).rejects.toMatchObject({
        code: 'SALESFORCE_LOGIN_FAILED',
      });
      expect(sandbox.stats().httpRequests).toBe(1);
    },
  );

  it.each(Object.keys(WAYS))('in the middle of a run, to %s, is final too', async (way) => {
    const stateDirectory = stateOf();
    let expired = false;
    const run = extractFrom(sandbox, {
      ...WAYS[way]!(),
      stateDirectory,
      onRecord: (record) => {
        if (expired || record.kind !== 'entity' || record.type !== 'databaseSchema') return;
        expired = true;
        sandbox.resetStats();
        sandbox.faults.install(
          { match: { path: 'Soap' }, effect: soapFault('INVALID_LOGIN') },
          {
            match: { path: 'oauth2' },
            effect: answer(
              400,
              error(
                'invalid_grant',
                way === 'JWT bearer' ? 'invalid assertion' : 'authentication failure',
              ),
            ),
          },
        );
        sandbox.expireSessions();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'SALESFORCE_LOGIN_FAILED', retryable: false });
    expect(sandbox.stats().faultsFired).toBe(1);
    expect(remembered(stateDirectory)).toHaveLength(WITH_PASSWORD.has(way) ? 1 : 0);
  });

  it.each([
    ['OAuth with a password', 'IP restricted or invalid login hours'],
    ['OAuth with a password', 'inactive user'],
    ['OAuth with a password', 'something that nobody has documented'],
    ['client credentials', 'no client credentials user enabled'],
    ['JWT bearer', 'user hasn’t approved this consumer'],
  ])(
    'is not what %s gets for another lasting reason (%s): the run ends, and the next one tries',
    async (way, description) => {
      const stateDirectory = stateOf();
      sandbox.faults.install({
        match: { path: 'oauth2', times: 1 },
        effect: answer(400, error('invalid_grant', description)),
      });
      const run = { ...WAYS[way]!(), stateDirectory };
      await expect(extractFrom(sandbox, run)).rejects.toMatchObject({
        code: 'SALESFORCE_LOGIN_DENIED',
        retryable: false,
      });
      expect(tableNames((await extractFrom(sandbox, run)).records)).toEqual(['Account']);
    },
  );
});
