import { z } from 'zod';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { ProviderDeps } from '../../providers/provider-kind.ts';
import type { SecretPath } from '../../reference.ts';
import { googleOrigin, type GoogleOptions } from '../google-secret-manager.ts';
import type { SecretManager, StoredSecret } from '../manager-kind.ts';
import { flatName } from '../sdk/flat-name.ts';
import { withTransport, type SdkResponse } from '../sdk/transport.ts';
import { withToken } from '../sdk/with-token.ts';
import { SignedIn } from '../signed-in.ts';
import { googleSignIn } from './sign-in.ts';

const answerSchema = z.object({
  name: z.string(),
  payload: z.object({ data: z.base64().default('') }),
});

/**
 * Google Secret Manager by its REST API. Google's own client needs gRPC, which would open
 * connections of its own (docs/decisions/0039); its library signs in.
 */
export function openGoogle(options: GoogleOptions, deps: ProviderDeps): SecretManager {
  const signedIn = new SignedIn(googleSignIn(options, deps), deps.clock);
  const placeOf = (name: SecretPath): string =>
    `${googleOrigin(options)}${resourceOf(options, name)}`;
  return {
    where: placeOf,
    check: async (signal) => void (await signedIn.token(signal)),
    fetch: async (name, signal) => {
      const url = new URL(`${placeOf(name)}:access`);
      return withToken(signedIn, signal, (token) =>
        withTransport(deps, signal, async ({ send }) => {
          const headers = [['authorization', `Bearer ${token}`] as const];
          return secretIn(await send({ method: 'GET', url, headers }));
        }),
      );
    },
  };
}

function resourceOf({ project, namePrefix }: GoogleOptions, path: SecretPath): string {
  const name = flatName(path, {
    namePrefix,
    segment: /^[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*$/,
    words: 'letters, digits and underscores, with single hyphens between them',
    maxLength: 255,
  });
  return `/v1/projects/${project}/secrets/${name}/versions/latest`;
}

function secretIn({ status, body }: SdkResponse): StoredSecret | undefined {
  if (status === 404) return undefined;
  if (status !== 200) throw rejection(status);
  const { name, payload } = parse(body);
  // The number alone, which other processes see as well: a rejected password is remembered by it.
  return { content: Buffer.from(payload.data, 'base64'), version: name.split('/').at(-1)! };
}

function parse(body: Buffer): z.infer<typeof answerSchema> {
  try {
    return answerSchema.parse(JSON.parse(body.toString()));
  } catch {
    // Without the cause: its message would quote the secret.
    throw new RunnerError('SECRET_PROVIDER_FAILED', 'Google Secret Manager sent an unknown answer');
  }
}

function rejection(status: number): RunnerError {
  const message = `Google Secret Manager responded with status ${status}`;
  if (status === 401) return new RunnerError('SECRET_MANAGER_SIGN_IN_FAILED', message);
  if (status === 403) return new RunnerError('SECRET_MANAGER_DENIED', message);
  if (status === 429) return new RunnerError('SECRET_MANAGER_THROTTLED', message);
  if (status === 400)
    return new RunnerError(
      'SECRET_VALUE_UNUSABLE',
      'the newest version of the secret is disabled or destroyed',
      { remedy: 'Enable the version, or add another one.' },
    );
  return new RunnerError('SECRET_PROVIDER_FAILED', message, { retryable: status >= 500 });
}
