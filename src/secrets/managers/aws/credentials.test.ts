import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type DoubleRequest, startDouble } from '../../../../test/support/manager-double.ts';
import { privateFile } from '../../../../test/support/private-file.ts';
import { providerDeps } from '../../../../test/support/provider-deps.ts';
import { MANAGERS } from '../registry.ts';
import { awsSignIn } from './credentials.ts';
import type { AwsOptions } from './options.ts';

const signal = new AbortController().signal;
const STS = 'sts.eu-central-1.amazonaws.com';
const OPTIONS: AwsOptions = {
  region: 'eu-central-1',
  credentials: 'profile',
  profile: 'default',
  credentialsFile: undefined,
  configFile: undefined,
  role: undefined,
  tokenFile: undefined,
  namePrefix: undefined,
  endpoint: undefined,
  stsEndpoint: undefined,
};
const KEYS = 'aws_access_key_id = AKIA\naws_secret_access_key = key-of-the-profile\n';

interface SignedIn {
  readonly token: unknown;
  readonly forms: readonly Readonly<Record<string, string>>[];
  readonly connections: number;
  readonly authorizations: readonly (string | undefined)[];
}

/** Signs in with a double of STS. */
async function signIn(options: Partial<AwsOptions>, env = {}): Promise<SignedIn> {
  const forms: Readonly<Record<string, string>>[] = [];
  const authorizations: (string | undefined)[] = [];
  const answer = ({ body, headers }: DoubleRequest): { status: number; body: string } => {
    authorizations.push(headers.authorization);
    const form = Object.fromEntries(new URLSearchParams(body));
    forms.push(form);
    const action = form['Action'] ?? '';
    const until = new Date(Date.now() + 3_600_000).toISOString();
    return {
      status: 200,
      body: `<${action}Response><${action}Result><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>key-of-the-role</SecretAccessKey><SessionToken>token-of-the-role</SessionToken><Expiration>${until}</Expiration></Credentials></${action}Result></${action}Response>`,
    };
  };
  const double = await startDouble({ hosts: [STS], secretHost: 'none', answer });
  const deps = providerDeps({ env, connect: double.connect });
  const { value, lifeMs } = await awsSignIn({ ...OPTIONS, ...options }, deps)(signal);
  const life = lifeMs === undefined ? undefined : Math.round(lifeMs / 60_000);
  const token = { ...(JSON.parse(value) as object), life };
  return { token, forms, connections: double.connections(), authorizations };
}

const OF_THE_ROLE = {
  accessKeyId: 'ASIA',
  secretAccessKey: 'key-of-the-role',
  sessionToken: 'token-of-the-role',
  life: 60,
};

it('a profile with keys is used without a connection', async () => {
  const credentialsFile = privateFile(`[default]\n${KEYS}`);
  expect(await signIn({ credentialsFile })).toMatchObject({
    token: { accessKeyId: 'AKIA', secretAccessKey: 'key-of-the-profile', life: undefined },
    connections: 0,
  });
});

it('a profile with a role asks STS of the region, also if the profile names another', async () => {
  const credentialsFile = privateFile(`[base]\n${KEYS}`);
  const configFile = privateFile(
    '[profile runner]\nregion = us-west-2\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n',
  );
  const { token, forms, authorizations } = await signIn({
    profile: 'runner',
    credentialsFile,
    configFile,
  });
  expect(token).toEqual(OF_THE_ROLE);
  expect(authorizations).toEqual([
    expect.stringMatching(/Credential=AKIA\/\d+\/eu-central-1\/sts/),
  ]);
  expect(forms).toMatchObject([{ Action: 'AssumeRole', RoleArn: 'arn:aws:iam::1:role/r' }]);
});

it('a web identity is found by the variables that a pod has', async () => {
  const env = {
    AWS_ROLE_ARN: 'arn:aws:iam::1:role/pod',
    AWS_WEB_IDENTITY_TOKEN_FILE: privateFile('token of the pod\n', 0o644),
  };
  const { token, forms } = await signIn({ credentials: 'web-identity' }, env);
  expect(token).toEqual(OF_THE_ROLE);
  expect(forms).toMatchObject([
    { RoleArn: env.AWS_ROLE_ARN, WebIdentityToken: 'token of the pod' },
  ]);
});

it.each([
  ['credential_process', `/bin/sh -c "touch ${join(tmpdir(), 'started-by-a-profile')}"`],
  ['credential_source', 'Ec2InstanceMetadata'],
  ['credential_source', 'EcsContainer'],
  ['credential_source', 'Environment'],
  ['sso_session', 'company'],
  ['login_session', 'arn'],
  ['web_identity_token_file', '/etc/token'],
  ['endpoint_url', 'https://elsewhere.example'],
])('a profile with %s = %s is rejected before anything is done', async (key, value) => {
  const credentialsFile = privateFile(`[default]\n  ${key.toUpperCase()}=${value}\n${KEYS}`);
  await expect(signIn({ credentialsFile })).rejects.toMatchObject({
    code: 'SECRET_MANAGER_SIGN_IN_FAILED',
    message: expect.stringMatching(new RegExp(key, 'i')) as string,
  });
  expect(existsSync(join(tmpdir(), 'started-by-a-profile'))).toBe(false);
});

it.each([
  ['a no-break space', '\u00a0'],
  ['a vertical tab', '\u000b'],
  ['a byte order mark', '\ufeff'],
  ['a carriage return', '\r'],
])('a key of a profile is found behind %s', async (_what, space) => {
  const key = `${space}credential_process${space}= /bin/true`;
  const credentialsFile = privateFile(`[default]\n${key}\n`);
  await expect(signIn({ credentialsFile })).rejects.toMatchObject({
    message: expect.stringContaining('credential_process') as string,
  });
});

it('a file of credentials that others can read is rejected', async () => {
  const credentialsFile = privateFile(`[default]\n${KEYS}`, 0o644);
  await expect(signIn({ credentialsFile })).rejects.toMatchObject({ code: 'FILE_UNSAFE' });
});

it.each([
  ['a profile without a file', { credentials: 'profile' }, 'needs credentialsFile'],
  ['a role for keys', { credentials: 'environment', role: 'arn' }, 'only for credentials'],
  ['a region that is a host', { credentials: 'environment', region: 'evil.example/' }, 'region'],
  ['no way to sign in', {}, 'credentials: must be set'],
])('a mount with %s is rejected', (_what, options, problem) => {
  const problems = MANAGERS['aws-secrets-manager'].problems({
    region: 'eu-central-1',
    ...options,
  });
  const texts = problems.map(({ option, problem: text }) => `${option ?? ''}: ${text}`);
  expect(texts.join()).toContain(problem);
});

it('the metadata service is reached only if the mount names the role of the instance', () => {
  const hostsOf = (credentials: string): string[] =>
    MANAGERS['aws-secrets-manager']
      .mount({ region: 'cn-north-1', credentials })
      .endpoints.map(({ host }) => host);
  expect([hostsOf('instance-role'), hostsOf('web-identity'), hostsOf('environment')]).toEqual([
    ['secretsmanager.cn-north-1.amazonaws.com.cn', '169.254.169.254'],
    ['secretsmanager.cn-north-1.amazonaws.com.cn', 'sts.cn-north-1.amazonaws.com.cn'],
    ['secretsmanager.cn-north-1.amazonaws.com.cn'],
  ]);
});
