import { createSign, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox, type SandboxOptions } from '../src/sandbox.ts';
import { call, type TestReply } from './client.ts';

let sandbox: Sandbox;
let trusting: Sandbox;
const opened: Sandbox[] = [];

async function open(options: SandboxOptions): Promise<Sandbox> {
  const made = await startSandbox({ objects: 20, ...options });
  opened.push(made);
  return made;
}

beforeAll(async () => {
  sandbox = await open({});
  trusting = await open({ trustedRanges: ['127.0.0.0/8', '::1/128'] });
});
afterAll(() => Promise.all(opened.map((each) => each.close())));

interface Login {
  readonly password: string;
  readonly username?: string;
  readonly organization?: string;
  readonly version?: string;
  readonly host?: string;
  readonly api?: 'u' | 'c';
}

function login(
  org: Sandbox,
  {
    password,
    username = org.credentials.username,
    organization,
    version = '64.0',
    host = 'login.salesforce.com',
    api = 'u',
  }: Login,
): Promise<TestReply> {
  const header = organization
    ? `<se:Header><LoginScopeHeader><organizationId>${organization}</organizationId></LoginScopeHeader></se:Header>`
    : '';
  const escaped = password.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const body = `<se:Envelope xmlns:se="http://schemas.xmlsoap.org/soap/envelope/">${header}<se:Body><login xmlns="urn:partner.soap.sforce.com"><username>${username}</username><password>${escaped}</password></login></se:Body></se:Envelope>`;
  return call(org, {
    method: 'POST',
    host,
    path: `/services/Soap/${api}/${version}`,
    body,
    headers: { 'Content-Type': 'text/xml', SOAPAction: '""' },
  });
}

const withToken = (org: Sandbox): string =>
  org.credentials.password + org.credentials.securityToken;
const tag = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];

describe('SOAP login', () => {
  it('gives a session that the REST API takes, and the instance to use it on', async () => {
    const { status, text } = await login(sandbox, { password: withToken(sandbox) });
    expect(status).toBe(200);
    expect(tag(text, 'serverUrl')).toBe(
      `https://acme.my.salesforce.com/services/Soap/u/64.0/${sandbox.organizationId}`,
    );
    expect(tag(text, 'sessionSecondsValid')).toBe('7200');
    expect(tag(text, 'organizationId')?.slice(0, 15)).toBe(sandbox.organizationId);
    const reply = await call(sandbox, {
      path: '/services/data/v66.0/limits',
      headers: { Authorization: `Bearer ${tag(text, 'sessionId')}` },
    });
    expect(reply.status).toBe(200);
  });

  it('names the sandbox host that the client came to', async () => {
    const { text } = await login(sandbox, {
      password: withToken(sandbox),
      host: 'acme--uat.sandbox.my.salesforce.com',
      api: 'c',
    });
    expect(tag(text, 'serverUrl')).toMatch(
      /^https:\/\/acme--uat\.sandbox\.my\.salesforce\.com\/services\/Soap\/c\//,
    );
    expect(text).toContain('xmlns="urn:enterprise.soap.sforce.com"');
  });

  it('refuses a wrong password with the documented fault', async () => {
    const { status, text } = await login(sandbox, { password: 'wrong' });
    expect(status).toBe(500);
    expect(text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>' +
        '<faultcode>INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: Invalid username, password, security token; or user locked out.</faultstring>' +
        '<detail><sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode><sf:exceptionMessage>Invalid username, password, security token; or user locked out.</sf:exceptionMessage></sf:LoginFault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>',
    );
  });

  it('asks for the security token outside the trusted ranges only', async () => {
    expect(
      tag((await login(sandbox, { password: sandbox.credentials.password })).text, 'faultcode'),
    ).toBe('LOGIN_MUST_USE_SECURITY_TOKEN');
    expect((await login(trusting, { password: trusting.credentials.password })).status).toBe(200);
  });

  it('takes its own organization id in both lengths and no other', async () => {
    const { password } = trusting.credentials;
    expect(
      (await login(trusting, { password, organization: trusting.organizationId })).status,
    ).toBe(200);
    expect(
      tag(
        (await login(trusting, { password, organization: '00D000000000062EAA' })).text,
        'faultcode',
      ),
    ).toBe('INVALID_LOGIN');
  });

  it.each([
    ['65.0', 'INVALID_OPERATION'],
    ['68.0', 'INVALID_OPERATION'],
    ['30.0', 'UNSUPPORTED_API_VERSION'],
    ['69.0', 'UNSUPPORTED_API_VERSION'],
  ])('refuses login() at version %s with %s', async (version, code) => {
    const { status, text } = await login(sandbox, { password: withToken(sandbox), version });
    expect([status, tag(text, 'faultcode')]).toEqual([500, code]);
  });

  it('says which login version it was when that is why it refuses', async () => {
    const { text } = await login(sandbox, { password: withToken(sandbox), version: '65.0' });
    expect(tag(text, 'faultstring')).toBe(
      'INVALID_OPERATION: The SOAP Login operation is not available in the API version specified (65.0). Refer to the documentation for supported versions.',
    );
  });

  it('locks the user out after too many failures', async () => {
    const strict = await open({ lockoutAfter: 3 });
    for (let i = 0; i < 3; i++) await login(strict, { password: 'wrong' });
    expect(tag((await login(strict, { password: withToken(strict) })).text, 'faultcode')).toBe(
      'INVALID_LOGIN',
    );
    strict.unlockUser();
    expect((await login(strict, { password: withToken(strict) })).status).toBe(200);
  });

  it('gives a useless session when the password has expired', async () => {
    const expired = await open({ passwordExpired: true });
    const { text } = await login(expired, { password: withToken(expired) });
    expect(tag(text, 'passwordExpired')).toBe('true');
    const reply = await call(expired, {
      path: '/services/data/v66.0/limits',
      headers: { Authorization: `Bearer ${tag(text, 'sessionId')}` },
    });
    expect(reply.status).toBe(403);
  });

  it('reads passwords with markup in them', async () => {
    const odd = await open({ credentials: { password: 'a&b<c>"ü' } });
    expect((await login(odd, { password: withToken(odd) })).status).toBe(200);
  });
});

function token(
  org: Sandbox,
  form: Record<string, string>,
  host = 'acme.my.salesforce.com',
  headers: Record<string, string> = {},
): Promise<TestReply> {
  return call(org, {
    method: 'POST',
    host,
    path: '/services/oauth2/token',
    body: new URLSearchParams(form).toString(),
    headers,
  });
}

const bodyOf = (reply: TestReply): Record<string, string> =>
  JSON.parse(reply.text) as Record<string, string>;

describe('OAuth', () => {
  const client = (): Record<string, string> => ({
    client_id: sandbox.credentials.consumerKey,
    client_secret: sandbox.credentials.consumerSecret,
  });

  it('grants client credentials in the body or by Basic', async () => {
    const granted = bodyOf(await token(sandbox, { grant_type: 'client_credentials', ...client() }));
    expect(granted).toMatchObject({
      instance_url: 'https://acme.my.salesforce.com',
      token_type: 'Bearer',
      scope: 'api',
      issued_at: expect.stringMatching(/^\d{13}$/) as string,
    });
    expect(granted['id']).toMatch(/\/id\/00D\w{15}\/005\w{15}$/);
    const basic = Buffer.from(
      `${sandbox.credentials.consumerKey}:${sandbox.credentials.consumerSecret}`,
    ).toString('base64');
    expect(
      (
        await token(sandbox, { grant_type: 'client_credentials' }, 'acme.my.salesforce.com', {
          Authorization: `Basic ${basic}`,
        })
      ).status,
    ).toBe(200);
  });

  it('grants client credentials on My Domain only', async () => {
    const reply = await token(
      sandbox,
      { grant_type: 'client_credentials', ...client() },
      'login.salesforce.com',
    );
    expect([reply.status, bodyOf(reply)]).toEqual([
      400,
      { error: 'invalid_grant', error_description: 'request not supported on this domain' },
    ]);
  });

  it.each([
    [
      { grant_type: 'client_credentials', client_id: 'nobody', client_secret: 'x' },
      'invalid_client_id',
    ],
    [{ grant_type: 'password', client_id: 'nobody' }, 'invalid_client_id'],
    [{ grant_type: 'telepathy' }, 'unsupported_grant_type'],
    [
      { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: 'rubbish' },
      'invalid_grant',
    ],
  ])('refuses %j with %s', async (form, error) => {
    const reply = await token(sandbox, form);
    expect([reply.status, bodyOf(reply)['error']]).toEqual([400, error]);
  });

  it('grants a password with its token, and tells who the user is', async () => {
    const { username } = sandbox.credentials;
    const granted = bodyOf(
      await token(
        sandbox,
        { grant_type: 'password', ...client(), username, password: withToken(sandbox) },
        'login.salesforce.com',
      ),
    );
    const headers = { Authorization: `Bearer ${granted['access_token']}` };
    const who = await call(sandbox, {
      host: 'login.salesforce.com',
      path: new URL(granted['id'] ?? '').pathname,
      headers,
    });
    expect(bodyOf(who)).toMatchObject({ username, active: true });
    expect(
      bodyOf(await call(sandbox, { path: '/services/oauth2/userinfo', headers })),
    ).toMatchObject({ preferred_username: username });
  });
});

describe('JWT bearer', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

  function assertion(claims: Record<string, unknown>): string {
    const signed = `${part({ alg: 'RS256' })}.${part({ iss: sandbox.credentials.consumerKey, sub: sandbox.credentials.username, aud: 'https://login.salesforce.com', exp: Math.floor(Date.now() / 1000) + 180, ...claims })}`;
    return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
  }
  const ask = (claims: Record<string, unknown>): Promise<TestReply> =>
    token(
      sandbox,
      { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: assertion(claims) },
      'login.salesforce.com',
    );

  it('trusts registered keys only', async () => {
    expect(bodyOf(await ask({}))).toEqual({
      error: 'invalid_grant',
      error_description: 'invalid assertion',
    });
    sandbox.registerCertificate(publicKey);
    expect(bodyOf(await ask({}))).toMatchObject({
      token_type: 'Bearer',
      instance_url: 'https://acme.my.salesforce.com',
    });
  });

  it.each([
    ['another audience', { aud: 'https://evil.example' }, 'audience is invalid'],
    ['an expired assertion', { exp: 1000 }, 'expired authorization code'],
    ['one that lives too long', { exp: Math.floor(Date.now() / 1000) + 3600 }, 'invalid assertion'],
    ['an unknown user', { sub: 'someone@else.example' }, "user hasn't approved this consumer"],
    ['another app', { iss: 'nobody' }, 'client identifier invalid'],
  ])('refuses %s', async (_, claims, description) => {
    const reply = await ask(claims);
    expect([reply.status, bodyOf(reply)['error_description']]).toEqual([400, description]);
  });

  it('takes My Domain as audience', async () => {
    expect((await ask({ aud: 'https://acme.my.salesforce.com' })).status).toBe(200);
  });
});
