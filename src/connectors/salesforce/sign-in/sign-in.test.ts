import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { extractFrom, soapOptions, tableNames } from '../../../../test/support/salesforce-run.ts';

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

/** A new private key whose certificate the org knows. */
function registerKey(type: 'pkcs1' | 'pkcs8'): string {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type, format: 'pem' },
  });
  sandbox.registerCertificate(publicKey);
  return privateKey;
}

function jwtConnection(): Record<string, unknown> {
  const { username, consumerKey } = sandbox.credentials;
  return { username, consumerKey, privateKey: 'x', salesforceDomain: sandbox.myDomain };
}

describe('SignIn', () => {
  it('signs in by user name, password and token, with a warning that SOAP login is retired', async () => {
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

  it('signs in by organization id from a trusted range, through login.salesforce.com', async () => {
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

  it('makes no call in an organization that the local policy does not permit', async () => {
    const { username, password, securityToken } = sandbox.credentials;
    const asked: (readonly string[])[] = [];
    const reject = (organization: readonly string[]): never => {
      asked.push(organization);
      throw new RunnerError('ORGANIZATION_DENIED', 'another organization');
    };
    const run = extractFrom(sandbox, {
      connection: { username, password: 'x', securityToken: 'x', ...one },
      secrets: { password, securityToken },
      admitOrganization: reject,
    });
    await expect(run).rejects.toMatchObject({ code: 'ORGANIZATION_DENIED' });
    expect(asked).toEqual([
      [sandbox.organizationId.slice(0, 15), expect.stringMatching(/^00D\w{15}$/)],
    ]);
    expect(sandbox.stats().calls).toEqual({ soap: 1 });
  });

  it('signs in by client credentials', async () => {
    const { consumerKey, consumerSecret } = sandbox.credentials;
    const { records, protectedValues } = await extractFrom(sandbox, {
      connection: { consumerKey, consumerSecret: 'x', salesforceDomain: sandbox.myDomain, ...one },
      secrets: { consumerSecret },
    });
    expect(tableNames(records)).toEqual(['Account']);
    expect([...protectedValues].some((value) => value.startsWith('00D'))).toBe(true);
  });

  it('signs in by user name and password over OAuth', async () => {
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

  it('signs in by JWT bearer', async () => {
    const privateKey = registerKey('pkcs8');
    const { records } = await extractFrom(sandbox, {
      connection: { ...jwtConnection(), ...one },
      secrets: { privateKey },
    });
    expect(tableNames(records)).toEqual(['Account']);
  });

  it('signs in by JWT bearer with \\n for line breaks of the key, and protects both forms of the key', async () => {
    const privateKey = registerKey('pkcs1');
    const { records, protectedValues } = await extractFrom(sandbox, {
      connection: { ...jwtConnection(), ...one },
      secrets: { privateKey: privateKey.replaceAll('\n', '\\n') },
    });
    expect(tableNames(records)).toEqual(['Account']);
    expect([...protectedValues].some((value) => value.startsWith(privateKey.trim()))).toBe(true);
  });

  it('signs in through a proxy with a password', async () => {
    const proxy = sandbox.proxyUrl!.replace('http://', 'http://proxyuser:proxypass@');
    const { records } = await extractFrom(sandbox, { connection: one, proxy });
    expect(tableNames(records)).toEqual(['Account']);
    expect(sandbox.stats().proxy.connections).toBeGreaterThan(0);
  });

  it.each([
    ['password', { password: 'wrong' }, 'SALESFORCE_LOGIN_FAILED'],
    ['token', { securityToken: 'wrong' }, 'SALESFORCE_LOGIN_FAILED'],
  ])('ends after one try with a wrong %s', async (_what, wrong, code) => {
    const { connection, secrets } = soapOptions(sandbox);
    await expect(
      extractFrom(sandbox, {
        connection: { ...connection, ...one },
        secrets: { ...secrets, ...wrong },
      }),
    ).rejects.toMatchObject({ code, retryable: false });
    expect(sandbox.stats().httpRequests).toBe(1);
  });

  it('escapes XML markup in credentials', async () => {
    const { connection, secrets } = soapOptions(sandbox);
    const run = extractFrom(sandbox, {
      connection: { ...connection, username: `a&b<c>"d"'e'@acme.com` },
      secrets: { ...secrets, password: '</u:password>&amp;' },
    });
    await expect(run).rejects.toMatchObject({ code: 'SALESFORCE_LOGIN_FAILED' });
  });

  it('rejects an org other than the one in organizationId, once the sign-in is recorded', async () => {
    const { connection, secrets } = soapOptions(sandbox);
    const admitted: unknown[] = [];
    await expect(
      extractFrom(sandbox, {
        connection: { ...connection, organizationId: '00DIB000004nDEq' },
        secrets: secrets!,
        admitOrganization: async ([id]) => void admitted.push(id),
      }),
    ).rejects.toMatchObject({ code: 'SALESFORCE_CONNECTION_INVALID' });
    expect(admitted).toEqual([sandbox.organizationId.slice(0, 15)]);
  });

  it.each([
    ['soap', 'SALESFORCE_LOGIN_FAILED', { password: 'wrong' }],
    ['oauth', 'SALESFORCE_LOGIN_FAILED', { consumerSecret: 'wrong' }],
  ])('tells of a sign-in that the org rejects (%s), once', async (kind, code, wrong) => {
    const { consumerKey, consumerSecret } = sandbox.credentials;
    const { connection, secrets } = soapOptions(sandbox);
    const oauth = { consumerKey, consumerSecret: 'x', salesforceDomain: sandbox.myDomain };
    const noted: string[] = [];
    const run = extractFrom(sandbox, {
      connection: kind === 'soap' ? connection : oauth,
      secrets: { ...(kind === 'soap' ? secrets : { consumerSecret }), ...wrong },
      noteFailedSignIn: async (each) => void noted.push(each),
    });
    await expect(run).rejects.toMatchObject({ code });
    expect(noted).toEqual([code]);
  });

  it('tells of each sign-in that got no answer, and of none that was never sent', async () => {
    const noted: string[] = [];
    const noteFailedSignIn = async (code: string): Promise<void> => void noted.push(code);
    const unreachable = { ...soapOptions(sandbox).connection, salesforceDomain: 'nobody.my' };
    const unsent = extractFrom(sandbox, {
      connection: unreachable,
      secrets: soapOptions(sandbox).secrets!,
      noteFailedSignIn,
    });
    await expect(unsent).rejects.toBeInstanceOf(RunnerError);
    expect(noted).toEqual([]);
    sandbox.faults.install({ match: { path: 'Soap' }, effect: { kind: 'reset' } });
    await expect(extractFrom(sandbox, { connection: one, noteFailedSignIn })).rejects.toMatchObject(
      { code: 'NETWORK_RESET' },
    );
    expect(noted).toEqual(['NETWORK_RESET', 'NETWORK_RESET', 'NETWORK_RESET']);
  });

  it.each([
    'https://evil.example/services/Soap/u/64.0',
    'http://acme.my.salesforce.com',
    'https://acme.my.salesforce.com.evil.example',
    'https://other.my.salesforce.com',
  ])('sends nothing to %s when the response points there', async (url) => {
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
