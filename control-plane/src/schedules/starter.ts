import type { Deps } from '../deps.ts';
import { startPipeline, type ScheduledStart } from '../runs/start-run.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import type { Pipeline } from '../store/store.ts';

/**
 * Queues the run of a slot, with `start.also` in the transaction that queues it. Rejects when the
 * run cannot be queued: the slot stays due.
 */
export type ScheduledStarter = (
  pipeline: Pipeline,
  start: ScheduledStart,
  signal: AbortSignal,
) => Promise<unknown>;

/** Starts pipelines of this control plane itself, and leaves the others to `startManaged`. */
export function starterByOrigin(
  deps: Deps,
  startManaged: ScheduledStarter = rejectManaged,
): ScheduledStarter {
  return (pipeline, start, signal) =>
    pipeline.origin === null
      ? startPipeline(deps, pipeline.name, {}, start)
      : startManaged(pipeline, start, signal);
}

async function rejectManaged({ name }: Pipeline): Promise<never> {
  throw new ControlPlaneError(
    'CONFLICT',
    `pipeline ${name} is managed by OpenMetadata, and this control plane has no connection to it`,
  );
}
