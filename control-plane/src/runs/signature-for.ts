import type { StoreReader } from '../store/store.ts';
import type { Run } from './run.ts';

/**
 * The signature to offer with a run, as it is now: a run may have been queued before it was signed.
 * Empty for none.
 */
export async function signatureFor(
  { signatures }: Pick<StoreReader, 'signatures'>,
  { pipeline, service }: Pick<Run, 'pipeline' | 'service'>,
): Promise<string> {
  const found =
    pipeline === null
      ? await signatures.get('service', service)
      : await signatures.get('pipeline', pipeline);
  return found?.jws ?? '';
}
