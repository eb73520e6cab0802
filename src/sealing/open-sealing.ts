import { systemRandom } from '../../foundation/src/runtime/random.ts';
import type { Sealing, SealPurpose } from './seal.ts';
import type { SealingKey } from './sealed.ts';
import type { SealingSettings } from './settings.ts';

export interface SealingSources {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** Instead of the file: for a key that root has decrypted, or that a person has typed. */
  readonly read?: (() => Promise<SealingKey>) | undefined;
}

/**
 * What seals the private keys of this runner; undefined if the settings name nothing. Reads no key
 * yet, and loads no code for what is not configured.
 */
export async function openSealing(
  settings: SealingSettings,
  { env, read: own }: SealingSources,
): Promise<Sealing | undefined> {
  const { credential, keyFile, passphraseFile } = settings;
  if (!credential && keyFile === undefined && passphraseFile === undefined) return undefined;
  const { SealedFiles } = await import('./sealed.ts');
  const { readSealingKey, sourceOf } = await import('./key-source.ts');
  const source = sourceOf(settings, env);
  const read = own ?? ((): Promise<SealingKey> => readSealingKey(source));
  const seals = new Map<SealPurpose, InstanceType<typeof SealedFiles>>();
  const of = (purpose: SealPurpose): InstanceType<typeof SealedFiles> => {
    const seal = seals.get(purpose) ?? new SealedFiles(purpose, read, systemRandom);
    seals.set(purpose, seal);
    return seal;
  };
  return { of, file: keyFile ?? passphraseFile, by: source.by };
}
