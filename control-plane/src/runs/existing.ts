import { ControlPlaneError } from '../runtime/errors.ts';
import type { Run, StoreReader } from '../store/store.ts';

/** Throws NOT_FOUND. */
export async function existingRun(reader: Pick<StoreReader, 'runs'>, id: string): Promise<Run> {
  const run = await reader.runs.get(id);
  if (run === undefined) throw new ControlPlaneError('NOT_FOUND', `run ${id} does not exist`);
  return run;
}
