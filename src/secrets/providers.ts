import { RunnerError } from '../runtime/errors.ts';
import { createEnvironmentProvider } from './providers/environment.ts';
import { createFilesProvider } from './providers/files.ts';
import type { SecretProvider } from './provider.ts';
import { openVault } from './vault/vault.ts';

export type ProviderName = 'vault' | 'files' | 'environment';

/** The `secrets` part of the runner's configuration. */
export interface ProviderSettings {
  readonly vault: { readonly file: string; readonly keyFile: string };
  readonly files: { readonly directory?: string | undefined };
  readonly environment: { readonly enabled: boolean };
  /** References below a prefix go to that provider alone, without the prefix. The longest prefix wins. */
  readonly mounts: readonly { readonly prefix: string; readonly provider: ProviderName }[];
}

// What must never break: no two references reach the same secret. A provider is reached in one way, below its one mount or,
// without a mount, in the common order; and each provider holds a secret under one reference.

/**
 * All configured providers as one. A reference below a mount is asked of its provider only; any other of the vault,
 * then the directory of files, then the environment, as far as these are configured and have no mount. Which provider
 * answers is decided by local settings, never by a job. Throws CONFIG_INVALID for a mount of a provider that is not
 * configured, and for two mounts of one provider or of one prefix.
 */
export function createProviders(
  settings: ProviderSettings,
  env: Readonly<NodeJS.ProcessEnv>,
): SecretProvider {
  const { directory } = settings.files;
  const available = new Map<ProviderName, SecretProvider>([['vault', openVault(settings.vault)]]);
  if (directory !== undefined) available.set('files', createFilesProvider(directory));
  if (settings.environment.enabled) available.set('environment', createEnvironmentProvider(env));
  const mounts = settings.mounts
    .map(({ prefix, provider }) => ({
      prefix: prefix.split('/').filter((segment) => segment !== ''),
      provider,
    }))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  const missing = mounts.find(({ provider }) => !available.has(provider));
  if (missing !== undefined)
    throw new RunnerError(
      'CONFIG_INVALID',
      `secrets.mounts names the provider ${missing.provider}, which is not configured`,
      {
        remedy:
          'Set secrets.files.directory or secrets.environment.enabled, or take the mount out.',
      },
    );

  const doubled = mounts.find((mount, index) =>
    mounts
      .slice(0, index)
      .some((other) => other.provider === mount.provider || samePrefix(other.prefix, mount.prefix)),
  );
  if (doubled !== undefined)
    throw new RunnerError(
      'CONFIG_INVALID',
      `secrets.mounts names ${doubled.provider} or the prefix /${doubled.prefix.join('/')} twice, which would give one secret two references`,
      { remedy: 'Give each provider one prefix of its own.' },
    );
  const unmounted = [...available]
    .filter(([name]) => !mounts.some(({ provider }) => provider === name))
    .map(([, provider]) => provider);

  return {
    name: [...available.keys()].join(', '),
    read: async (path, signal) => {
      const mount = mounts.find(
        ({ prefix }) =>
          prefix.length < path.length && prefix.every((segment, index) => segment === path[index]),
      );
      if (mount !== undefined)
        return available.get(mount.provider)?.read(path.slice(mount.prefix.length), signal);
      for (const provider of unmounted) {
        const secret = await provider.read(path, signal);
        if (secret !== undefined) return secret;
      }
      return undefined;
    },
  };
}

function samePrefix(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((segment, index) => segment === b[index]);
}
