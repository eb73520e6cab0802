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
  it('returns a session for the REST API, and its instance URL', async () => {
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

  it('returns the sandbox host that the client used', async () => {
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

  it('rejects a wrong password with the documented fault', async () => {
    const { status, text } = await login(sandbox, { password: 'wrong' });
    expect(status).toBe(500);
    expect(text).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>' +
        '<faultcode>INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: Invalid username, password, security token; or user locked out.</faultstring>' +
        '<detail><sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode><sf:exceptionMessage>Invalid username, password, security token; or user locked out.</sf:exceptionMessage></sf:LoginFault></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>',
    );
  });

  it('requires the security token only outside the trusted ranges', async () => {
    expect(
      tag((await login(sandbox, { password: sandbox.credentials.password })).text, 'faultcode'),
    ).toBe('LOGIN_MUST_USE_SECURITY_TOKEN');
    expect((await login(trusting, { password: trusting.credentials.password })).status).toBe(200);
  });

  it('accepts only its own organization id, in both lengths', async () => {
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
  ])('rejects login() in version %s with %s', async (version, code) => {
    const { status, text } = await login(sandbox, { password: withToken(sandbox), version });
    expect([status, tag(text, 'faultcode')]).toEqual([500, code]);
  });

  it('names the API version when it rejects it', async () => {
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

  it('returns an unusable session when the password has expired', async () => {
    const expired = await open({ passwordExpired: true });
    const { text } = await login(expired, { password: withToken(expired) });
    expect(tag(text, 'passwordExpired')).toBe('true');
    const reply = await call(expired, {
      path: '/services/data/v66.0/limits',
      headers: { Authorization: `Bearer ${tag(text, 'sessionId')}` },
    });
    expect(reply.status).toBe(403);
  });

  it('accepts passwords with markup', async () => {
    const odd = await open({ credentials: { password: 'a&b<c>"ü' } });
    expect((await login(odd, { password: withToken(odd) })).status).toBe(200);
  });
});
