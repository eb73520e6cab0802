import type { Providers } from './provider.ts';
import type { SecretPath } from './reference.ts';

/**
 * Where a reference leads, to display: `hashicorp-vault at /kv: https://…`. Throws
 * SECRET_UNAVAILABLE for a reference that a provider rejects.
 */
export async function placesText(providers: Providers, path: SecretPath): Promise<string> {
  const places = providers.placesOf(path).map(async ({ type, prefix, provider, path: own }) => {
    const at = prefix === undefined ? type : `${type} at ${prefix}`;
    const where = await provider.where?.(own);
    return where === undefined ? at : `${at}: ${where}`;
  });
  return (await Promise.all(places)).join(', ');
}
