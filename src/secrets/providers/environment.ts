import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { withoutByteOrderMark } from '../byte-order-mark.ts';
import type { SecretProvider } from '../provider.ts';
import { formatReference, type SecretPath } from '../reference.ts';
import { Secret } from '../secret.ts';
import type { ValueVersions } from '../value-versions.ts';
import { type ListedSecret, providerKind, switchSetting } from './provider-kind.ts';

const PREFIX = 'HYBRID_SECRET_';
const SEGMENT = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

export const environmentProvider = providerKind({
  settings: {
    enabled: switchSetting({
      flag: '--secret-environment',
      default: false,
      description: [
        `Whether \`${PREFIX}*\` variables are a source of secrets. The weakest provider: other`,
        'processes of the same user can read them.',
      ].join(' '),
    }),
  },
  open: async ({ enabled }, { env, versions }) =>
    enabled ? createEnvironmentProvider(env, versions) : undefined,
  list: async ({ enabled }, { env }) =>
    enabled ? Object.keys(env).flatMap((name) => secretOf(name, env[name])) : undefined,
  variables: ({ enabled }) => (enabled ? [PREFIX] : []),
});

/**
 * Secrets in environment variables. The weakest provider: any process of the same user can read
 * them in /proc/PID/environ while this one runs, and a new value needs a restart. A byte order mark
 * at the start of a value is not part of it. A reference that could share its variable with another
 * is SECRET_UNAVAILABLE.
 */
export function createEnvironmentProvider(
  env: Readonly<NodeJS.ProcessEnv>,
  versions: ValueVersions,
): SecretProvider {
  return {
    name: 'environment',
    read: async (path) => {
      const name = variableName(path);
      if (name === undefined)
        throw new RunnerError(
          'SECRET_UNAVAILABLE',
          `no environment variable belongs to ${formatReference(path)} alone; use segments of lower-case letters and digits, with single hyphens between them`,
        );
      const value = withoutByteOrderMark(env[name] ?? '');
      return value === '' ? undefined : new Secret(value, await versions.of(value));
    },
  };
}

/**
 * The variable of a path: upper case, `__` between segments, `_` for `-`. Undefined for a path that
 * could share its variable with another: segments must be groups of lower-case letters and digits
 * with one `-` between groups.
 */
export function variableName(path: SecretPath): string | undefined {
  if (!path.every((segment) => SEGMENT.test(segment))) return undefined;
  return PREFIX + path.map((segment) => segment.toUpperCase().replaceAll('-', '_')).join('__');
}

/** The secret of a variable with a value; empty for a variable that belongs to no reference. */
function secretOf(name: string, value: string | undefined): readonly ListedSecret[] {
  if (!name.startsWith(PREFIX) || value === undefined || value === '') return [];
  const segments = name.slice(PREFIX.length).toLowerCase().split('__');
  const path = segments.map((segment) => segment.replaceAll('_', '-'));
  return variableName(path) === name ? [{ path }] : [];
}
