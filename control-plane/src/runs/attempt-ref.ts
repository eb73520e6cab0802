import type { AttemptRef } from '../link/frames.ts';
import type { Run } from './run.ts';

/** The current attempt of the run, as frames name it. */
export function refOf({ id, attempt, epoch }: Pick<Run, 'id' | 'attempt' | 'epoch'>): AttemptRef {
  return { runId: id, attempt, epoch };
}
