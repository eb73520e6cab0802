import { join } from 'node:path';
import { parseReference } from '../../src/secrets/reference.ts';
import { openVault } from '../../src/secrets/vault/vault.ts';

/**
 * Puts secrets into the vault of a state directory, as `secrets set` would, without a process for
 * each.
 */
export async function storeInVault(
  stateDir: string,
  keyFile: string,
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  const vault = openVault({ file: join(stateDir, 'vault.json'), keyFile });
  for (const [reference, value] of Object.entries(secrets))
    await vault.set(parseReference(reference)!, value, AbortSignal.timeout(300_000));
}
