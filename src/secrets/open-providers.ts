import { noMetrics, type Metrics } from '../../foundation/src/logging/metrics.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { SecretProvider } from './provider.ts';
import type { ProviderDeps } from './providers/provider-kind.ts';
import {
  PROVIDER_NAMES,
  type ProviderName,
  type SecretMount,
  type SecretSettings,
  withKind,
} from './providers/registry.ts';
import { formatReference, type SecretPath } from './reference.ts';
import type { Secret } from './secret.ts';

// Invariant: no two references reach the same secret. A provider is reached in one way: below its
// only mount or, without a mount, in the common order. Each provider holds a secret under one
// reference.

type Providers = ReadonlyMap<ProviderName, SecretProvider>;

interface Mount {
  readonly prefix: SecretPath;
  readonly provider: ProviderName;
}

/**
 * All configured providers as one. A reference below a mount belongs to the provider of that mount,
 * without the prefix; the longest prefix wins. Any other reference is looked up in the providers
 * without a mount, in the order of the registry. Only local settings decide which provider has a
 * reference, never a job. Throws CONFIG_INVALID for a mount of a provider that is unknown or not
 * configured, and for two mounts of one provider or of one prefix.
 */
export async function openProviders(
  settings: SecretSettings,
  deps: ProviderDeps,
  metrics: Metrics = noMetrics,
): Promise<SecretProvider> {
  const providers = await openConfigured(settings, deps);
  const mounts = settings.mounts
    .map(({ prefix, provider }) => ({ prefix: segmentsOf(prefix), provider }))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  for (const mount of mounts) assertConfigured(mount, providers);
  assertDistinct(mounts);
  return new MountedProviders(providers, mounts, metrics);
}

async function openConfigured(settings: SecretSettings, deps: ProviderDeps): Promise<Providers> {
  const providers = new Map<ProviderName, SecretProvider>();
  for (const name of PROVIDER_NAMES) {
    const provider = await withKind(name, settings, ({ open }, own) => open(own, deps));
    if (provider !== undefined) providers.set(name, provider);
  }
  return providers;
}

function segmentsOf(prefix: SecretMount['prefix']): SecretPath {
  return prefix.split('/').filter((segment) => segment !== '');
}

function assertConfigured({ provider }: Mount, providers: Providers): void {
  if (providers.has(provider)) return;
  if (!PROVIDER_NAMES.includes(provider))
    throw new RunnerError('CONFIG_INVALID', `secrets.mounts: unknown provider "${provider}"`, {
      remedy: `Use one of ${PROVIDER_NAMES.join(', ')}.`,
    });
  throw new RunnerError(
    'CONFIG_INVALID',
    `secrets.mounts: the provider ${provider} is not configured`,
    { remedy: `Set secrets.${provider}, or remove the mount.` },
  );
}

function assertDistinct(mounts: readonly Mount[]): void {
  const repeated = mounts.find((mount, index) =>
    mounts
      .slice(0, index)
      .some(
        ({ provider, prefix }) =>
          provider === mount.provider || formatReference(prefix) === formatReference(mount.prefix),
      ),
  );
  if (repeated === undefined) return;
  throw new RunnerError(
    'CONFIG_INVALID',
    `secrets.mounts has ${repeated.provider} or the prefix /${repeated.prefix.join('/')} twice, so that a secret would have two references`,
    { remedy: 'Give each provider one prefix, and each prefix one provider.' },
  );
}

class MountedProviders implements SecretProvider {
  readonly name: string;
  readonly #providers: Providers;
  readonly #mounts: readonly Mount[];
  readonly #unmounted: readonly ProviderName[];
  readonly #metrics: Metrics;

  /** Mounts with longer prefixes come first. */
  constructor(providers: Providers, mounts: readonly Mount[], metrics: Metrics) {
    this.name = [...providers.keys()].join(', ');
    this.#providers = providers;
    this.#mounts = mounts;
    this.#metrics = metrics;
    this.#unmounted = [...providers.keys()].filter(
      (name) => !mounts.some(({ provider }) => provider === name),
    );
  }

  async read(path: SecretPath, signal: AbortSignal): Promise<Secret | undefined> {
    const mount = this.#mounts.find(({ prefix }) => isBelow(prefix, path));
    const own = path.slice(mount?.prefix.length ?? 0);
    const names = mount === undefined ? this.#unmounted : [mount.provider];
    for (const name of names) {
      const secret = await this.#readFrom(name, own, signal);
      if (secret !== undefined) return secret;
    }
    this.#count('none', 'unknown');
    return undefined;
  }

  async #readFrom(
    name: ProviderName,
    path: SecretPath,
    signal: AbortSignal,
  ): Promise<Secret | undefined> {
    try {
      const secret = await this.#providers.get(name)?.read(path, signal);
      if (secret !== undefined) this.#count(name, 'found');
      return secret;
    } catch (thrown) {
      if (!signal.aborted) this.#count(name, 'failed');
      throw thrown;
    }
  }

  #count(provider: ProviderName | 'none', result: 'found' | 'failed' | 'unknown'): void {
    this.#metrics.count('secretResolutions', { provider, result });
  }
}

function isBelow(prefix: SecretPath, path: SecretPath): boolean {
  return prefix.length < path.length && prefix.every((segment, index) => segment === path[index]);
}
