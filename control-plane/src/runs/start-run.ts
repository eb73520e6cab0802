import { existingPipeline, existingService } from '../definitions/existing.ts';
import { checkOwn } from '../definitions/origin.ts';
import type { Deps } from '../deps.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import { momentOf, type Moment } from '../runtime/clock.ts';
import type { Pipeline, Service, Transaction } from '../store/store.ts';
import type { JobKind, StepKind } from './job-kinds.ts';
import { queuedAt, type Run, type Slot } from './run.ts';
import { workflowOf } from './workflow.ts';

const ID_BYTES = 10;

/** What a caller writes in the transaction that queues the run. If it throws, no run is queued. */
export type Also = (tx: Transaction, run: Run) => Promise<void>;

export interface StartOptions {
  readonly deadlineMs?: number | undefined;
  /** See Run. */
  readonly fullRun?: boolean | undefined;
}

export interface ScheduledStart {
  readonly slot: Slot;
  readonly also: Also;
}

/** The options of jobs that have no pipeline. */
export const TEST_OPTIONS = {
  name: '',
  sourceConfig: { type: 'DatabaseMetadata' },
  loggerLevel: 'INFO',
} as const;

/** Queues a job that yields steps, such as a connection test. Throws NOT_FOUND, CONFLICT. */
export function startStepJob(
  deps: Deps,
  kind: StepKind,
  serviceName: string,
  { deadlineMs = 0 }: Pick<StartOptions, 'deadlineMs'> = {},
): Promise<Run> {
  return queueRun(deps, async (tx) => {
    const service = await existingService(tx, serviceName);
    checkOwn(`service ${service.name}`, service);
    return {
      ...draftFor(service),
      kind,
      deadlineMs,
      workflow: (runId) => workflowOf(service, TEST_OPTIONS, runId),
    };
  });
}

/**
 * Queues a run of a pipeline, with the pipeline's deadline by default. Throws NOT_FOUND, CONFLICT.
 */
export function startPipeline(
  deps: Deps,
  name: string,
  { deadlineMs, fullRun = false }: StartOptions = {},
  scheduled?: ScheduledStart,
): Promise<Run> {
  const prepare = async (tx: Transaction): Promise<Draft> => {
    const pipeline = await existingPipeline(tx, name);
    checkOwn(`pipeline ${name}`, pipeline);
    const service = await existingService(tx, pipeline.service);
    const draft = pipelineDraft(service, pipeline, scheduled?.slot);
    return { ...draft, deadlineMs: deadlineMs ?? draft.deadlineMs, fullRun };
  };
  return queueRun(deps, prepare, scheduled?.also);
}

/** What a new run is made of; see Run. */
export interface Draft {
  readonly kind: JobKind;
  readonly service: string;
  readonly pipeline: string | null;
  readonly pinnedTo: string | null;
  readonly pool: string | null;
  readonly slot: Slot | null;
  readonly deadlineMs: number;
  readonly fullRun: boolean;
  readonly workflow: (runId: string) => object;
}

/** A run of the pipeline with its own settings. */
export function pipelineDraft(
  service: Service,
  pipeline: Pipeline,
  slot: Slot | null = null,
): Draft {
  return {
    ...draftFor(service),
    kind: 'metadata',
    pipeline: pipeline.name,
    slot,
    deadlineMs: pipeline.deadlineMs,
    workflow: (runId) => workflowOf(service, pipeline, runId),
  };
}

function draftFor({
  name,
  runner,
  pool,
}: Service): Omit<Draft, 'kind' | 'workflow' | 'deadlineMs'> {
  return { service: name, pipeline: null, pinnedTo: runner, pool, slot: null, fullRun: false };
}

/** Queues a run; `also` writes in the same transaction. */
export async function queueRun(
  deps: Deps,
  prepare: (tx: Transaction) => Promise<Draft>,
  also?: Also,
): Promise<Run> {
  const id = `run_${deps.random(ID_BYTES).toString('hex')}`;
  const at = momentOf(deps.clock);
  const run = await deps.store.transaction(async (tx) => {
    const queued = newRun(id, await prepare(tx), at);
    await tx.runs.save(queued);
    await also?.(tx, queued);
    return queued;
  });
  deps.log.info({ run: id, kind: run.kind, service: run.service }, 'run queued');
  deps.changes.changed(DISPATCH);
  return run;
}

function newRun(id: string, { workflow, ...draft }: Draft, at: Moment): Run {
  return {
    ...draft,
    id,
    workflow: JSON.stringify(workflow(id)),
    status: queuedAt(at),
    attempt: 1,
    epoch: 0,
    lastEpoch: 0,
    queuedAt: at.now,
    startedAt: null,
    cancelReason: null,
    rejectedBy: [],
    lastFailure: null,
    recordsKept: true,
  };
}
