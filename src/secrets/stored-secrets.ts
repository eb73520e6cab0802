import type { ListedSecret, ProviderDeps } from './providers/provider-kind.ts';
import { type ProviderName, type SecretSettings, withKind } from './providers/registry.ts';
import { parseReference } from './reference.ts';

/**
 * All secrets of a provider by their whole references, without values. Undefined for a provider
 * that is not enabled, `unknown` for one that cannot tell. Throws as the provider does.
 */
export async function storedSecrets(
  name: ProviderName,
  settings: SecretSettings,
  deps: ProviderDeps,
  signal: AbortSignal,
): Promise<readonly ListedSecret[] | 'unknown' | undefined> {
  const listed = await withKind(name, settings, async ({ list, open }, own) => {
    if (list !== undefined) return list(own, deps, signal);
    return (await open(own, deps)) === undefined ? undefined : ('unknown' as const);
  });
  if (listed === undefined || listed === 'unknown') return listed;
  const mount = settings.mounts.find(({ provider }) => provider === name);
  const prefix = mount === undefined ? [] : (parseReference(`secret:${mount.prefix}`) ?? []);
  return listed.map((secret) => ({ ...secret, path: [...prefix, ...secret.path] }));
}
