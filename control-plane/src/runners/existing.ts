import { ControlPlaneError } from '../runtime/errors.ts';
import type { Runner, StoreReader } from '../store/store.ts';

/** Throws NOT_FOUND. */
export async function existingRunner(
  reader: Pick<StoreReader, 'runners'>,
  id: string,
): Promise<Runner> {
  const runner = await reader.runners.get(id);
  if (runner === undefined) throw new ControlPlaneError('NOT_FOUND', `runner ${id} does not exist`);
  return runner;
}
