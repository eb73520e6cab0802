/** What a deployment is in this control plane: a service, a pipeline and its schedule. */
import { deleted } from '../../catalog/catalog-state.ts';
import { SOURCE_OPTIONS } from '../../definitions/source-config.ts';
import { deleteSchedule, saveSchedule } from '../../schedules/saving.ts';
import { isEnded } from '../../runs/run.ts';
import { ControlPlaneError } from '../../runtime/errors.ts';
import type { ScheduleSettings } from '../../store/schedule.ts';
import type { Pipeline, Service, StoreReader, Transaction } from '../../store/store.ts';
import type { Deployment } from '../deployed-pipelines.ts';
import { parseIngestionPipeline } from './payload.ts';
import { OUR_SERVICE } from '../../definitions/service-types.ts';

const LEVELS: Readonly<Record<string, string>> = {
  DEBUG: 'DEBUG',
  INFO: 'INFO',
  WARN: 'WARN',
  WARNING: 'WARN',
  ERROR: 'ERROR',
};

/** Throws CONFLICT, with a message for OpenMetadata, when something else has the name. */
export async function checkNames(reader: StoreReader, deployment: Deployment): Promise<void> {
  const { endpoint, id, name, service, pipeline, fqn } = deployment;
  const named = await reader.deployments.named(endpoint, name);
  if (named !== undefined && named.id !== id && named.fqn !== fqn)
    throw taken(`pipeline name ${name} is in use by ${named.fqn}`);
  const presentService = await reader.definitions.service(service);
  if (presentService !== undefined && presentService.origin?.endpoint !== endpoint)
    throw taken(`service name ${service} is in use ${whose(presentService)}`);
  const presentPipeline = await reader.definitions.pipeline(pipeline);
  if (presentPipeline !== undefined && presentPipeline.origin?.endpoint !== endpoint)
    throw taken(`pipeline name ${pipeline} is in use ${whose(presentPipeline)}`);
  const same = await reader.deployments.ofPipeline(pipeline);
  if (same !== undefined && (same.endpoint !== endpoint || (same.id !== id && same.fqn !== fqn)))
    throw taken(`pipeline name ${pipeline} is in use by ${same.fqn} of endpoint ${same.endpoint}`);
}

/** Throws CONFLICT for an unknown level of the schedule. */
export async function saveDefinitions(
  tx: Transaction,
  deployment: Deployment,
  now: number,
): Promise<void> {
  await checkNames(tx, deployment);
  await dropRenamed(tx, deployment);
  await tx.definitions.saveService(serviceOf(deployment, now));
  await tx.definitions.savePipeline(pipelineOf(deployment, now));
  await saveSchedule(tx, scheduleOf(deployment), now);
}

/** Drops a deployment with its token, schedule and pipeline, and its service after the last one. */
export async function dropDeployment(tx: Transaction, deployment: Deployment): Promise<void> {
  const { endpoint, id, pipeline } = deployment;
  await tx.deployments.delete(endpoint, id);
  if ((await tx.definitions.pipeline(pipeline))?.origin?.endpoint === endpoint) {
    await deleteSchedule(tx, pipeline);
    await tx.definitions.deletePipeline(pipeline);
  }
  await dropUnusedServices(tx, endpoint);
}

/**
 * Drops services of the endpoint without a deployment, with their part of the catalog. A service
 * with an active run stays until the run has ended; the result tells whether one did.
 */
export async function dropUnusedServices(tx: Transaction, endpoint: string): Promise<boolean> {
  const used = new Set((await tx.deployments.ofEndpoint(endpoint)).map(({ service }) => service));
  const active = new Set(
    (await tx.runs.active()).filter(({ status }) => !isEnded(status)).map(({ service }) => service),
  );
  let waiting = false;
  for (const { name, origin } of await tx.definitions.services()) {
    if (origin?.endpoint !== endpoint || used.has(name)) continue;
    if (active.has(name)) {
      waiting = true;
      continue;
    }
    await tx.entities.drop(name);
    await tx.lineage.drop(name);
    await tx.catalogStates.save(deleted(await tx.catalogStates.get(name)));
    await tx.definitions.deleteService(name);
  }
  return waiting;
}

/** The schedule of a deployment. */
export function scheduleOf({ pipeline, payload, enabled }: Deployment): ScheduleSettings {
  const { airflowConfig = {} } = parseIngestionPipeline(payload);
  const { scheduleInterval, startDate, endDate, pipelineTimezone, retries, retryDelay } =
    airflowConfig ?? {};
  return {
    pipeline,
    expression: scheduleInterval ?? null,
    timezone: pipelineTimezone ?? 'UTC',
    startAt: startDate ?? null,
    endAt: endDate ?? null,
    paused: !enabled || airflowConfig?.pausePipeline === true,
    retries: retries ?? 0,
    retryDelayMs: (retryDelay ?? 300) * 1000,
  };
}

/** The options of a pipeline that are known here, and the names of the others. */
export function sourceOptionsOf(config: Readonly<Record<string, unknown>>): {
  readonly known: Readonly<Record<string, unknown>>;
  readonly unknown: readonly string[];
} {
  const entries = Object.entries(config).filter(([, value]) => value !== null);
  return {
    known: Object.fromEntries(entries.filter(([name]) => SOURCE_OPTIONS.includes(name))),
    unknown: entries.map(([name]) => name).filter((name) => !SOURCE_OPTIONS.includes(name)),
  };
}

function serviceOf(deployment: Deployment, now: number): Service {
  const { endpoint, service, connection, pool, payload } = deployment;
  const { id = service } = parseIngestionPipeline(payload).service ?? {};
  return {
    name: service,
    displayName: null,
    type: OUR_SERVICE,
    connection,
    runner: null,
    pool,
    origin: { endpoint, id: id ?? service },
    updatedAt: now,
  };
}

function pipelineOf(
  { endpoint, id, pipeline, service, payload }: Deployment,
  now: number,
): Pipeline {
  const { displayName, sourceConfig, loggerLevel, airflowConfig } = parseIngestionPipeline(payload);
  return {
    name: pipeline,
    displayName: displayName?.trim().slice(0, 256) || null,
    service,
    sourceConfig: sourceOptionsOf(sourceConfig?.config ?? {}).known,
    loggerLevel: LEVELS[(loggerLevel ?? 'INFO').toUpperCase()] ?? 'INFO',
    deadlineMs: (airflowConfig?.workflowTimeout ?? 0) * 1000,
    origin: { endpoint, id },
    updatedAt: now,
  };
}

/** The pipeline of an earlier deployment of the same id under another name. */
async function dropRenamed(tx: Transaction, { endpoint, id, pipeline }: Deployment): Promise<void> {
  for (const { name, origin } of await tx.definitions.pipelines())
    if (origin?.endpoint === endpoint && origin.id === id && name !== pipeline) {
      await deleteSchedule(tx, name);
      await tx.definitions.deletePipeline(name);
    }
}

function whose({ origin }: Service | Pipeline): string {
  return origin === null
    ? 'in the control plane'
    : `by the OpenMetadata endpoint ${origin.endpoint}`;
}

function taken(message: string): ControlPlaneError {
  return new ControlPlaneError('CONFLICT', message, {
    remedy: 'Rename it, or delete the other one.',
  });
}
