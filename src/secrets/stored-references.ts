import type { ProviderDeps } from './providers/provider-kind.ts';
import { type ProviderName, type SecretSettings, withKind } from './providers/registry.ts';
import { parseReference, type SecretPath } from './reference.ts';

/**
 * The references, with the prefix of its mount, of all secrets of a provider. Undefined for a
 * provider that is not enabled, `unknown` for one that cannot tell. Reads no value. Throws as the
 * provider does.
 */
export async function storedReferences(
  name: ProviderName,
  settings: SecretSettings,
  deps: ProviderDeps,
  signal: AbortSignal,
): Promise<readonly SecretPath[] | 'unknown' | undefined> {
  const listed = await withKind(name, settings, async ({ list, open }, own) => {
    if (list !== undefined) return list(own, deps, signal);
    return (await open(own, deps)) === undefined ? undefined : ('unknown' as const);
  });
  if (listed === undefined || listed === 'unknown') return listed;
  const mount = settings.mounts.find(({ provider }) => provider === name);
  const prefix = mount === undefined ? [] : (parseReference(`secret:${mount.prefix}`) ?? []);
  return listed.map((path) => [...prefix, ...path]);
}
