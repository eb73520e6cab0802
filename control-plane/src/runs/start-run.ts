import { momentOf } from '../runtime/clock.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import type { Registry } from '../link/registry.ts';
import type { JobKind } from './job-kinds.ts';
import { cancelled, end, holder, isEnded, queuedAt, type Run } from './run.ts';
import type { Ground } from '../deps.ts';
import type { Pipeline, Reads, Service, Transaction } from '../store/store.ts';

const ID_BYTES = 10;

export interface Start {
  readonly deadlineMs?: number | undefined;
  /** See Run. */
  readonly whole?: boolean | undefined;
}

/** Queues a connection test of a service. Throws NOT_FOUND. */
export function startTestConnection(
  ground: Ground,
  serviceName: string,
  { deadlineMs = 0 }: Pick<Start, 'deadlineMs'> = {},
): Promise<Run> {
  return queue(ground, async (tx) => {
    const service = await existingService(tx, serviceName);
    const pipeline = {
      name: '',
      service: service.name,
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

/** Queues a run of a pipeline, with the pipeline's deadline unless another is given. Throws NOT_FOUND. */
export function startPipeline(
  ground: Ground,
  name: string,
  { deadlineMs, whole = false }: Start = {},
): Promise<Run> {
  return queue(ground, async (tx) => {
    const pipeline = await tx.catalog.pipeline(name);
    if (pipeline === undefined)
      throw new ControlPlaneError('NOT_FOUND', `there is no pipeline ${name}`);
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

export async function existingService(tx: Pick<Reads, 'catalog'>, name: string): Promise<Service> {
  const service = await tx.catalog.service(name);
  if (service === undefined)
    throw new ControlPlaneError('NOT_FOUND', `there is no service ${name}`);
  return service;
}

interface Draft {
  readonly kind: JobKind;
  readonly service: Service;
  readonly pipeline: string | null;
  readonly deadlineMs: number;
  readonly whole: boolean;
  readonly workflow: (runId: string) => object;
}

async function queue(ground: Ground, prepare: (tx: Transaction) => Promise<Draft>): Promise<Run> {
  const id = `run_${ground.random(ID_BYTES).toString('hex')}`;
  const at = momentOf(ground.clock);
  const run = await ground.store.transaction(async (tx) => {
    const { kind, service, pipeline, deadlineMs, whole, workflow } = await prepare(tx);
    const queued: Run = {
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
    await tx.runs.save(queued);
    return queued;
  });
  ground.log.info({ run: id, kind: run.kind, service: run.service }, 'queued');
  ground.changes.changed(DISPATCH);
  return run;
}

/** OpenMetadata's workflow document (metadataIngestion/workflow.json). */
function workflowOf(
  service: Service,
  pipeline: Omit<Pipeline, 'updatedAt' | 'deadlineMs' | 'displayName'>,
  runId: string,
): object {
  return {
    source: {
      type: service.type.toLowerCase(),
      serviceName: service.name,
      serviceConnection: { config: { type: service.type, ...service.connection } },
      sourceConfig: { config: { type: 'DatabaseMetadata', ...pipeline.sourceConfig } },
    },
    sink: { type: 'metadata-rest', config: {} },
    workflowConfig: { loggerLevel: pipeline.loggerLevel },
    ...(pipeline.name === '' ? {} : { ingestionPipelineFQN: `${service.name}.${pipeline.name}` }),
    pipelineRunId: runId,
  };
}

/**
 * Stops a run: at once while it waits, else by way of its runner, now or when that comes back. Throws NOT_FOUND, and
 * CONFLICT for a run that has ended.
 */
export async function cancelRun(
  ground: Ground,
  registry: Registry,
  id: string,
  reason: string,
): Promise<Run> {
  const run = await ground.store.transaction(async (tx) => {
    const present = await tx.runs.get(id);
    if (present === undefined) throw new ControlPlaneError('NOT_FOUND', `there is no run ${id}`);
    if (isEnded(present.status))
      throw new ControlPlaneError('CONFLICT', `the run has ended already: ${present.status.state}`);
    const wanted = { ...present, cancelReason: reason };
    const next =
      present.status.state === 'queued'
        ? end(wanted, 'cancelled', ground.clock.now(), cancelled(reason))
        : wanted;
    await tx.runs.save(next);
    return next;
  });
  const runnerId = holder(run);
  if (runnerId !== undefined)
    registry.cancel(runnerId, { runId: run.id, attempt: run.attempt, epoch: run.epoch }, reason);
  ground.log.info({ run: id, state: run.status.state }, 'cancel requested');
  ground.changes.changed(id);
  return run;
}
