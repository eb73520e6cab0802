import { noMetrics, type Metrics } from '../../foundation/src/logging/metrics.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Place, Providers, SecretProvider } from './provider.ts';
import type { ProviderDeps } from './providers/provider-kind.ts';
import type { MountedManager } from './managers/mounted-manager.ts';
import { placesOverlap } from './managers/mountable.ts';
import { MANAGER_TYPES, MANAGERS, type ManagerType } from './managers/registry.ts';
import {
  isManager,
  mountOptions,
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

type Configured = ReadonlyMap<ProviderName, SecretProvider>;

interface Mount {
  readonly prefix: SecretPath;
  readonly type: ProviderName | ManagerType;
  /** Where its secrets are: no other mount is within it. */
  readonly place: readonly string[];
  readonly provider: SecretProvider;
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
): Promise<Providers> {
  const providers = await openConfigured(settings, deps);
  const mounts = settings.mounts.map((mount) => openMount(mount, providers, deps));
  assertDistinct(mounts);
  mounts.sort((a, b) => b.prefix.length - a.prefix.length);
  return new MountedProviders(providers, mounts, metrics);
}

async function openConfigured(settings: SecretSettings, deps: ProviderDeps): Promise<Configured> {
  const providers = new Map<ProviderName, SecretProvider>();
  for (const name of PROVIDER_NAMES) {
    const provider = await withKind(name, settings, ({ open }, own) => open(own, deps));
    if (provider !== undefined) providers.set(name, provider);
  }
  return providers;
}

function openMount(mount: SecretMount, providers: Configured, deps: ProviderDeps): Mount {
  const { provider: type } = mount;
  const prefix = segmentsOf(mount.prefix);
  if (!isManager(type))
    return { prefix, type, place: [type], provider: configured(type, providers) };
  const { place, open } = MANAGERS[type].mount(mountOptions(mount));
  return { prefix, type, place, provider: openedWhenUsed(type, () => open(deps)) };
}

/**
 * A job loads the code of the managers that it uses, and fails for no other. A manager that could
 * not be opened is opened again at its next use.
 */
function openedWhenUsed(type: ManagerType, open: () => Promise<MountedManager>): SecretProvider {
  let opened: Promise<MountedManager> | undefined;
  const manager = (): Promise<MountedManager> => {
    opened ??= open();
    opened.catch(() => (opened = undefined));
    return opened;
  };
  return {
    name: type,
    read: async (path, signal) => (await manager()).read(path, signal),
    where: async (path) => (await manager()).where(path),
    check: async (signal) => (await manager()).check(signal),
  };
}

function segmentsOf(prefix: SecretMount['prefix']): SecretPath {
  return prefix.split('/').filter((segment) => segment !== '');
}

function configured(name: ProviderName, providers: Configured): SecretProvider {
  const provider = providers.get(name);
  if (provider !== undefined) return provider;
  if (!PROVIDER_NAMES.includes(name))
    throw new RunnerError('CONFIG_INVALID', `secrets.mounts: unknown provider "${name}"`, {
      remedy: `Use one of ${[...PROVIDER_NAMES, ...MANAGER_TYPES].join(', ')}.`,
    });
  throw new RunnerError('CONFIG_INVALID', `secrets.mounts: provider "${name}" is not configured`, {
    remedy: `Configure it below secrets.${name}, or remove the mount.`,
  });
}

function assertDistinct(mounts: readonly Mount[]): void {
  const repeated = mounts.find((mount, index) =>
    mounts
      .slice(0, index)
      .some(
        ({ place, prefix }) =>
          placesOverlap(place, mount.place) ||
          formatReference(prefix) === formatReference(mount.prefix),
      ),
  );
  if (repeated === undefined) return;
  throw new RunnerError(
    'CONFIG_INVALID',
    `secrets.mounts has ${repeated.type} or the prefix /${repeated.prefix.join('/')} twice, so that a secret would have two references`,
    {
      remedy:
        'Give each provider one prefix, each prefix one provider, and each mount of a secret manager a part of it that no other mount has.',
    },
  );
}

class MountedProviders implements Providers {
  readonly name: string;
  readonly places: readonly Place[];
  readonly #mounts: readonly Mount[];
  readonly #unmounted: readonly Place[];
  readonly #metrics: Metrics;

  /** Mounts with longer prefixes come first. */
  constructor(providers: Configured, mounts: readonly Mount[], metrics: Metrics) {
    this.name = [...providers.keys()].join(', ');
    this.#mounts = mounts;
    this.#metrics = metrics;
    this.#unmounted = [...providers]
      .filter(([name]) => !mounts.some(({ type }) => type === name))
      .map(([type, provider]) => ({ type, prefix: undefined, provider }));
    this.places = [...this.#unmounted, ...mounts.map(placeOf)];
  }

  placesOf(path: SecretPath): readonly (Place & { readonly path: SecretPath })[] {
    const mount = this.#mounts.find(({ prefix }) => isBelow(prefix, path));
    if (mount === undefined) return this.#unmounted.map((place) => ({ ...place, path }));
    return [{ ...placeOf(mount), path: path.slice(mount.prefix.length) }];
  }

  async read(path: SecretPath, signal: AbortSignal): Promise<Secret | undefined> {
    for (const { type, provider, path: own } of this.placesOf(path)) {
      const secret = await this.#readFrom(type, provider, own, signal);
      if (secret !== undefined) return secret;
    }
    this.#count('none', 'unknown');
    return undefined;
  }

  async #readFrom(
    type: string,
    provider: SecretProvider,
    path: SecretPath,
    signal: AbortSignal,
  ): Promise<Secret | undefined> {
    try {
      const secret = await provider.read(path, signal);
      if (secret !== undefined) this.#count(type, 'found');
      return secret;
    } catch (thrown) {
      if (!signal.aborted) this.#count(type, 'failed');
      throw thrown;
    }
  }

  #count(provider: string, result: 'found' | 'failed' | 'unknown'): void {
    this.#metrics.count('secretResolutions', { provider, result });
  }
}

function placeOf({ prefix, type, provider }: Mount): Place {
  return { type, prefix: `/${prefix.join('/')}`, provider };
}

function isBelow(prefix: SecretPath, path: SecretPath): boolean {
  return prefix.length < path.length && prefix.every((segment, index) => segment === path[index]);
}
