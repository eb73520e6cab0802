import { existingPipeline, existingService } from '../definitions/existing.ts';
import type { Deps } from '../deps.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import { momentOf, type Moment } from '../runtime/clock.ts';
import type { Service, Transaction } from '../store/store.ts';
import type { JobKind } from './job-kinds.ts';
import { queuedAt, type Run } from './run.ts';
import { workflowOf } from './workflow.ts';

const ID_BYTES = 10;

export interface StartOptions {
  readonly deadlineMs?: number | undefined;
  /** See Run. */
  readonly whole?: boolean | undefined;
}

/** Queues a connection test of a service. Throws NOT_FOUND. */
export function startTestConnection(
  deps: Deps,
  serviceName: string,
  { deadlineMs = 0 }: Pick<StartOptions, 'deadlineMs'> = {},
): Promise<Run> {
  return queue(deps, async (tx) => {
    const service = await existingService(tx, serviceName);
    const pipeline = {
      name: '',
      sourceConfig: { type: 'DatabaseMetadata' },
      loggerLevel: 'INFO',
    };
    return {
      kind: 'test_connection',
      service,
      pipeline: null,
      deadlineMs,
      whole: false,
      workflow: (runId) => workflowOf(service, pipeline, runId),
    };
  });
}

/** Queues a run of a pipeline, with the pipeline's deadline by default. Throws NOT_FOUND. */
export function startPipeline(
  deps: Deps,
  name: string,
  { deadlineMs, whole = false }: StartOptions = {},
): Promise<Run> {
  return queue(deps, async (tx) => {
    const pipeline = await existingPipeline(tx, name);
    const service = await existingService(tx, pipeline.service);
    return {
      kind: 'metadata',
      service,
      pipeline: name,
      deadlineMs: deadlineMs ?? pipeline.deadlineMs,
      whole,
      workflow: (runId) => workflowOf(service, pipeline, runId),
    };
  });
}

interface Draft {
  readonly kind: JobKind;
  readonly service: Service;
  readonly pipeline: string | null;
  readonly deadlineMs: number;
  readonly whole: boolean;
  readonly workflow: (runId: string) => object;
}

async function queue(deps: Deps, prepare: (tx: Transaction) => Promise<Draft>): Promise<Run> {
  const id = `run_${deps.random(ID_BYTES).toString('hex')}`;
  const at = momentOf(deps.clock);
  const run = await deps.store.transaction(async (tx) => {
    const queued = newRun(id, await prepare(tx), at);
    await tx.runs.save(queued);
    return queued;
  });
  deps.log.info({ run: id, kind: run.kind, service: run.service }, 'run queued');
  deps.changes.changed(DISPATCH);
  return run;
}

function newRun(
  id: string,
  { kind, service, pipeline, deadlineMs, whole, workflow }: Draft,
  at: Moment,
): Run {
  return {
    id,
    kind,
    service: service.name,
    pipeline,
    workflow: JSON.stringify(workflow(id)),
    pinnedTo: service.runner,
    status: queuedAt(at),
    attempt: 1,
    epoch: 0,
    lastEpoch: 0,
    queuedAt: at.now,
    startedAt: null,
    cancelReason: null,
    refusedBy: [],
    lastFailure: null,
    deadlineMs,
    whole,
    recordsKept: true,
  };
}
