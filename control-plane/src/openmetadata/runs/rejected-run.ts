/**
 * A run that cannot be queued because of what OpenMetadata holds. A server displays no text of
 * a rejected trigger, but shows the failure of a run: so the trigger is accepted, and its run ends
 * at once.
 */
import { end, type Run } from '../../runs/run.ts';
import { pipelineDraft, queueRun } from '../../runs/start-run.ts';
import type { ControlPlaneError, ErrorBody } from '../../runtime/errors.ts';
import type { Relay } from '../../store/relay.ts';
import type { Pipeline, Service } from '../../store/store.ts';
import type { Deployment, TriggerOptions } from '../deployed-pipelines.ts';
import { RELAYS, type RelayDeps } from './relay-deps.ts';

/** Errors that a user corrects in OpenMetadata. Any other may pass, or cannot be displayed. */
const SHOWN: ReadonlySet<ControlPlaneError['code']> = new Set([
  'INPUT_INVALID',
  'SECRET_IN_PLAIN_TEXT',
  'NOT_FOUND',
]);

export function isShownAsRun({ code }: ControlPlaneError): boolean {
  return SHOWN.has(code);
}

export interface RejectedStart {
  readonly service: Service;
  readonly pipeline: Pipeline;
  readonly relay: Relay;
  readonly error: ErrorBody;
}

/** Stores the run as failed, and its relay, which has nothing left but to report that. */
export async function storeRejectedRun(
  deps: RelayDeps,
  deployment: Deployment,
  { service, pipeline, relay, error }: RejectedStart,
  scheduled: TriggerOptions['scheduled'],
): Promise<Run> {
  const { clock, changes, log } = deps;
  const run = await queueRun(
    deps,
    () =>
      Promise.resolve({
        ...pipelineDraft(service, pipeline, scheduled?.slot),
        pool: deployment.pool,
      }),
    async (tx, queued) => {
      const at = clock.now();
      await scheduled?.also(tx, queued);
      await tx.runs.save(end(queued, 'failed', at, error));
      await tx.relays.save({
        ...relay,
        runId: queued.id,
        queuedAt: queued.queuedAt,
        status: {
          state: 'reporting',
          result: 'failed',
          steps: [],
          complete: false,
          error,
          trouble: null,
        },
      });
      const line = { time: at, level: 'error', message: 'run rejected', data: { ...error } };
      await tx.relays.appendLog(queued.id, line);
    },
  );
  log.warn({ run: run.id, pipeline: pipeline.name, code: error.code }, 'run rejected');
  changes.changed(RELAYS);
  return run;
}
