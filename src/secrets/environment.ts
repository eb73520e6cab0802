import type { SecretProvider } from './provider.ts';
import { Secret } from './secret.ts';
import { versionOf } from './value-version.ts';

export const ENVIRONMENT_PREFIX = 'HYBRID_SECRET_';

/** The variable of a path: upper case, `__` between segments, `_` for `-` and `.`. */
export function variableName(path: readonly string[]): string {
  return ENVIRONMENT_PREFIX + path.map((segment) => segment.toUpperCase().replace(/[-.]/g, '_')).join('__');
}

/**
 * Secrets in environment variables. The weakest provider: any process of the same user can read them in
 * /proc/PID/environ for as long as this one lives, and a new value needs a restart.
 */
export function createEnvironmentProvider(env: Readonly<NodeJS.ProcessEnv>): SecretProvider {
  return {
    name: 'environment',
    read: async (path) => {
      const value = env[variableName(path)];
      return value === undefined || value === '' ? undefined : new Secret(value, versionOf(value));
    },
  };
}
