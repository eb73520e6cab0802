import { z } from 'zod';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { credentialText, isCredentialText } from '../credential-text.ts';
import { askMetadata, parseMetadata } from '../sdk/metadata.ts';
import type { SdkTransport } from '../sdk/transport.ts';
import type { AwsCredentials } from './credentials.ts';

const SESSION_SECONDS = '60';
const ROLES = '/latest/meta-data/iam/security-credentials/';

const credentialsSchema = z.object({
  AccessKeyId: credentialText,
  SecretAccessKey: credentialText,
  Token: credentialText,
  Expiration: z.iso.datetime({ offset: true }).transform((text) => new Date(text)),
});

/** The credentials of the instance's role, by version 2 of the metadata service only. */
export async function instanceRole(
  transport: SdkTransport,
  protect: (value: string) => void,
): Promise<AwsCredentials> {
  const session = await beginSession(transport);
  protect(session);
  const headers = { 'x-aws-ec2-metadata-token': session };
  const [role = ''] = (await askMetadata(transport, { path: ROLES, headers })).split('\n');
  if (!/^[\w+=,.@-]{1,128}$/.test(role))
    throw new RunnerError('SECRET_MANAGER_SIGN_IN_FAILED', 'this instance has no role');
  const answer = await askMetadata(transport, { path: `${ROLES}${role}`, headers });
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = parseMetadata(
    credentialsSchema,
    answer,
  );
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: Token,
    expiration: Expiration,
  };
}

async function beginSession(transport: SdkTransport): Promise<string> {
  const session = await askMetadata(transport, {
    method: 'PUT',
    path: '/latest/api/token',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': SESSION_SECONDS },
  });
  if (isCredentialText(session)) return session;
  throw new RunnerError('SECRET_PROVIDER_FAILED', 'the metadata service began no session');
}
