import type { Redactor } from '../redaction/redactor.ts';
import { openProviders } from './open-providers.ts';
import type { ProviderDeps } from './providers/provider-kind.ts';
import { PROVIDER_NAMES, type SecretSettings } from './providers/registry.ts';
import { storedSecrets } from './stored-secrets.ts';

/**
 * Tells the redactor every secret that is stored on this machine, before text of unknown origin
 * leaves it. Throws if the secrets of a provider cannot be listed: such text must then stay. A
 * single secret that cannot be read is left out, since no run can have used it.
 */
export async function protectStoredSecrets(
  settings: SecretSettings,
  deps: ProviderDeps,
  redactor: Pick<Redactor, 'add'>,
  signal: AbortSignal,
): Promise<void> {
  const providers = await openProviders(settings, deps);
  for (const name of PROVIDER_NAMES) {
    const listed = (await storedSecrets(name, settings, deps, signal)) ?? [];
    for (const { path, error } of listed === 'unknown' ? [] : listed) {
      if (error !== undefined) continue;
      const secret = await providers.read(path, signal);
      if (secret !== undefined) redactor.add(secret.reveal());
    }
  }
}
