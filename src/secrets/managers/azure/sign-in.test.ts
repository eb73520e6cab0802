import { expect, it } from 'vitest';
import { selfSignedRsa } from '../../../../test/support/certificates.ts';
import { startDouble } from '../../../../test/support/manager-double.ts';
import { privateFile } from '../../../../test/support/private-file.ts';
import { providerDeps } from '../../../../test/support/provider-deps.ts';
import type { AzureOptions } from '../azure-key-vault.ts';
import { MANAGERS } from '../registry.ts';
import { azureSignIn } from './sign-in.ts';

const signal = new AbortController().signal;
const AUTHORITY = 'login.microsoftonline.com';
const OPTIONS: AzureOptions = {
  vault: 'https://runner-keys.vault.azure.net',
  credentials: 'workload-identity',
  tenant: 'tenant-of-the-test',
  client: 'client-of-the-test',
  clientSecretFile: undefined,
  certificateFile: undefined,
  tokenFile: undefined,
  authority: `https://${AUTHORITY}`,
  namePrefix: undefined,
};

/** The forms that a double of the authority received. */
async function signIn(options: Partial<AzureOptions>, status = 200): Promise<URLSearchParams[]> {
  const forms: URLSearchParams[] = [];
  const double = await startDouble({
    hosts: [AUTHORITY],
    secretHost: 'none',
    answer: ({ method, body, url }) => {
      if (method === 'POST') forms.push(new URLSearchParams(body));
      const origin = `https://${AUTHORITY}/tenant-of-the-test`;
      const metadata = {
        token_endpoint: `${origin}/oauth2/v2.0/token`,
        authorization_endpoint: `${origin}/oauth2/v2.0/authorize`,
        issuer: `${origin}/v2.0`,
      };
      const token =
        status === 200
          ? { access_token: 'token', expires_in: 3600, token_type: 'Bearer' }
          : { error: 'invalid_client', error_description: 'no' };
      const isToken = url.pathname.endsWith('/token');
      return {
        status: isToken ? status : 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(isToken ? token : metadata),
      };
    },
  });
  const deps = providerDeps({ connect: double.connect });
  const { value } = await azureSignIn({ ...OPTIONS, ...options }, deps)(signal);
  expect(value).toBe('token');
  return forms;
}

it('a workload identity sends the token of the pod', async () => {
  const forms = await signIn({ tokenFile: privateFile('token-of-the-pod\n', 0o644) });
  expect(forms.map((form) => form.get('client_assertion'))).toEqual(['token-of-the-pod']);
});

it('a certificate signs, and its key is not sent', async () => {
  const { certPem, keyPem } = await selfSignedRsa();
  const certificateFile = privateFile(`${certPem}\n${keyPem}`);
  const [form] = await signIn({ credentials: 'client-certificate', certificateFile });
  const [header = '', , signature] = (form?.get('client_assertion') ?? '').split('.');
  expect(Buffer.from(header, 'base64url').toString()).toContain('x5t');
  expect(signature?.length).toBeGreaterThan(300);
  expect(form?.toString()).not.toContain(keyPem.slice(60, 100));
});

it.each([
  [400, 'SECRET_MANAGER_SIGN_IN_FAILED'],
  [503, 'SECRET_PROVIDER_FAILED'],
])('an authority that answers %i is %s', async (status, code) => {
  const tokenFile = privateFile('token-of-the-pod');
  await expect(signIn({ tokenFile }, status)).rejects.toMatchObject({ code });
});

it('a file that others can read, or that is empty, is rejected', async () => {
  const way = { credentials: 'client-secret' } as const;
  await expect(
    signIn({ ...way, clientSecretFile: privateFile('secret', 0o644) }),
  ).rejects.toMatchObject({ code: 'FILE_UNSAFE' });
  await expect(signIn({ ...way, clientSecretFile: privateFile('\n') })).rejects.toMatchObject({
    code: 'SECRET_MANAGER_SIGN_IN_FAILED',
  });
});

it('the metadata service is reached only if the mount names a managed identity', () => {
  const hostsOf = (more: object): string[] =>
    MANAGERS['azure-key-vault']
      .mount({ vault: OPTIONS.vault, ...more })
      .endpoints.map(({ host }) => host);
  expect([
    hostsOf({ credentials: 'managed-identity' }),
    hostsOf({ credentials: 'workload-identity' }),
  ]).toEqual([
    ['runner-keys.vault.azure.net', '169.254.169.254'],
    ['runner-keys.vault.azure.net', AUTHORITY],
  ]);
});
