import { RunnerError } from '../../runtime/errors.ts';
import type { SecretProvider } from '../provider.ts';
import { formatReference } from '../reference.ts';
import { Secret } from '../secret.ts';
import { versionOf } from '../value-version.ts';

export const ENVIRONMENT_PREFIX = 'HYBRID_SECRET_';

const SEGMENT = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/**
 * The variable of a path: upper case, `__` between segments, `_` for `-`. Undefined for a path that could share its variable
 * with another: segments are lower-case letters and digits in groups with one `-` between them.
 */
export function variableName(path: readonly string[]): string | undefined {
  if (!path.every((segment) => SEGMENT.test(segment))) return undefined;
  return (
    ENVIRONMENT_PREFIX +
    path.map((segment) => segment.toUpperCase().replaceAll('-', '_')).join('__')
  );
}

/**
 * Secrets in environment variables. The weakest provider: any process of the same user can read them in
 * /proc/PID/environ for as long as this one lives, and a new value needs a restart. A byte order mark at the start of a
 * value is not part of it. A reference that could share its variable with another is SECRET_UNAVAILABLE.
 */
export function createEnvironmentProvider(env: Readonly<NodeJS.ProcessEnv>): SecretProvider {
  return {
    name: 'environment',
    read: async (path) => {
      const name = variableName(path);
      if (name === undefined)
        throw new RunnerError(
          'SECRET_UNAVAILABLE',
          `${formatReference(path)} has no environment variable of its own; segments of lower-case letters and digits, with single hyphens between, have one`,
        );
      const value = env[name]?.replace(/^\ufeff/, '');
      return value === undefined || value === '' ? undefined : new Secret(value, versionOf(value));
    },
  };
}
