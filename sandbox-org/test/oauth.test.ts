import { createSign, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../src/sandbox.ts';
import { call, type TestReply } from './client.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 20 });
});
afterAll(() => sandbox.close());

const withToken = (org: Sandbox): string =>
  org.credentials.password + org.credentials.securityToken;

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

  it('accepts client credentials in the body or as Basic authentication', async () => {
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

  it('accepts client credentials only on My Domain', async () => {
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
  ])('rejects %j with %s', async (form, error) => {
    const reply = await token(sandbox, form);
    expect([reply.status, bodyOf(reply)['error']]).toEqual([400, error]);
  });

  it('accepts a password with its token, and returns the user', async () => {
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

  it('accepts only registered keys', async () => {
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
  ])('rejects %s', async (_, claims, description) => {
    const reply = await ask(claims);
    expect([reply.status, bodyOf(reply)['error_description']]).toEqual([400, description]);
  });

  it('accepts My Domain as audience', async () => {
    expect((await ask({ aud: 'https://acme.my.salesforce.com' })).status).toBe(200);
  });
});
