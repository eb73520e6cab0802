import { generateKeyPairSync } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type DoubleAnswer,
  type DoubleRequest,
  startDouble,
} from '../../../../test/support/manager-double.ts';
import { privateFile } from '../../../../test/support/private-file.ts';
import { providerDeps } from '../../../../test/support/provider-deps.ts';
import { googleSignIn } from './sign-in.ts';

const signal = new AbortController().signal;
const HOSTS = ['oauth2.googleapis.com', 'sts.googleapis.com', 'iamcredentials.googleapis.com'];
const FEDERATION = {
  type: 'external_account',
  audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/k',
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: 'https://sts.googleapis.com/v1/token',
};

/** Signs in with doubles of the token servers; each gives a token of its own. */
async function signIn(
  document: object,
  answered: (token: string) => Partial<DoubleAnswer> = () => ({}),
): Promise<{
  readonly value: string;
  readonly minutes: number;
  readonly requests: readonly string[];
}> {
  const requests: string[] = [];
  const answer = ({ host, url, body }: DoubleRequest): DoubleAnswer => {
    requests.push(`${host}${url.pathname} ${body}`);
    const expireTime = new Date(Date.now() + 600_000).toISOString();
    const token = `token-of-${host}`;
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(
        host === 'iamcredentials.googleapis.com'
          ? { accessToken: token, expireTime }
          : { access_token: token, expires_in: 600, token_type: 'Bearer' },
      ),
      ...answered(token),
    };
  };
  const { connect } = await startDouble({ hosts: HOSTS, secretHost: 'none', answer });
  const options = {
    project: 'p',
    credentials: 'application-default',
    credentialsFile: undefined,
    namePrefix: undefined,
    endpoint: undefined,
  } as const;
  const env = { GOOGLE_APPLICATION_CREDENTIALS: privateFile(JSON.stringify(document)) };
  const { value, lifeMs = 0 } = await googleSignIn(options, providerDeps({ connect, env }))(signal);
  return { value, minutes: Math.round(lifeMs / 60_000), requests };
}

it('a federation exchanges the token of a file', async () => {
  const credential_source = { file: privateFile('token of the pod') };
  const { value, minutes, requests } = await signIn({ ...FEDERATION, credential_source });
  expect([value, minutes]).toEqual(['token-of-sts.googleapis.com', 10]);
  expect(decodeURIComponent(requests.join().replaceAll('+', ' '))).toContain('token of the pod');
});

it('a federation stands for a service account', async () => {
  const { value, requests } = await signIn({
    ...FEDERATION,
    credential_source: { file: privateFile('token of the pod') },
    service_account_impersonation_url:
      'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/r@p.iam.gserviceaccount.com:generateAccessToken',
  });
  expect(value).toBe('token-of-iamcredentials.googleapis.com');
  expect(requests).toHaveLength(2);
});

it('a user refreshes a token', async () => {
  const user = { client_id: 'id', client_secret: 'secret', refresh_token: 'refresh' };
  const { value } = await signIn({ type: 'authorized_user', ...user });
  expect(value).toBe('token-of-oauth2.googleapis.com');
});

it.each([
  ['a program', { credential_source: { executable: { command: '/bin/true' } } }],
  ['an address', { credential_source: { url: 'http://169.254.169.254/token' } }],
  ['a certificate', { credential_source: { certificate: {} } }],
  ['a cloud', { credential_source: { environment_id: 'aws1' } }],
  [
    'another token server',
    { credential_source: { file: '/x' }, token_url: 'https://evil.example' },
  ],
  [
    'another server for the account',
    {
      credential_source: { file: '/x' },
      service_account_impersonation_url: 'https://iamcredentials.googleapis.com.evil.example/',
    },
  ],
  ['another type', { type: 'impersonated_service_account' }],
])('a file of credentials that names %s is rejected', async (_what, more) => {
  await expect(signIn({ ...FEDERATION, ...more })).rejects.toMatchObject({
    code: 'SECRET_MANAGER_SIGN_IN_FAILED',
    message: expect.stringContaining('cannot be used') as string,
  });
});

describe('the token file of a federation', () => {
  const openFile = (content: string): string => {
    const file = privateFile(content);
    chmodSync(file, 0o666);
    return file;
  };
  const withFile = (file: string, format?: object): object => ({
    ...FEDERATION,
    credential_source: { file, ...(format === undefined ? {} : { format }) },
  });

  it('can be a JSON document', async () => {
    const file = privateFile(JSON.stringify({ at: 'token of the pod' }));
    const format = { type: 'json', subject_token_field_name: 'at' };
    const { requests } = await signIn(withFile(file, format));
    expect(decodeURIComponent(requests.join().replaceAll('+', ' '))).toContain('=token of the pod');
  });

  it.each([
    ['can be changed by others', () => withFile(openFile('token')), 'FILE_UNSAFE'],
    ['is larger than a token', () => withFile(privateFile('x'.repeat(70_000))), 'FILE_UNREADABLE'],
    ['is not there', () => withFile('/nowhere/token'), 'SECRET_MANAGER_SIGN_IN_FAILED'],
    ['has a relative path', () => withFile('token'), 'SECRET_MANAGER_SIGN_IN_FAILED'],
    [
      'has no such field',
      () => withFile(privateFile('{}'), { type: 'json', subject_token_field_name: 'at' }),
      'SECRET_MANAGER_SIGN_IN_FAILED',
    ],
  ])('is not used if it %s', async (_what, document, code) => {
    await expect(signIn(document())).rejects.toMatchObject({ code });
  });
});

describe('a token server of Google', () => {
  const user = { client_id: 'id', client_secret: 'secret', refresh_token: 'refresh' };
  const account = {
    client_email: 'r@p.iam.gserviceaccount.com',
    private_key: generateKeyPairSync('rsa', { modulusLength: 2048 })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
  };

  it.each([
    ['a user', () => ({ type: 'authorized_user', ...user })],
    ['a service account', () => ({ type: 'service_account', ...account })],
    ['a federation', () => ({ ...FEDERATION, credential_source: { file: privateFile('token') } })],
  ])('is asked once by %s, whatever the library would repeat', async (_who, document) => {
    let requests = 0;
    const failing = (): Partial<DoubleAnswer> => {
      requests += 1;
      return { status: 500, body: '{}' };
    };
    await expect(signIn(document(), failing)).rejects.toMatchObject({
      code: 'SECRET_PROVIDER_FAILED',
      retryable: true,
    });
    expect(requests).toBe(1);
  });

  it.each([
    ['lines', 'twelve chars\n'.repeat(1000)],
    ['more than 16 KiB', 'x'.repeat(16 * 1024 + 1)],
    ['nothing', ''],
  ])('that sends a token of %s is not believed', async (_what, access_token) => {
    const odd = (): Partial<DoubleAnswer> => ({
      body: JSON.stringify({ access_token, expires_in: 600, token_type: 'Bearer' }),
    });
    await expect(signIn({ type: 'authorized_user', ...user }, odd)).rejects.toMatchObject({
      code: 'SECRET_PROVIDER_FAILED',
      retryable: false,
    });
  });
});
