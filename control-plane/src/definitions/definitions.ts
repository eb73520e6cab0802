/**
 * Services and pipelines. Invariants:
 * - A stored definition can run: fields, filters, runner and service are checked first.
 * - A definition replaces another only when the caller asks for it.
 * - A service is not deleted while it has an active run.
 * - What OpenMetadata manages is changed only there (CONFLICT).
 */
import { deleted } from '../catalog/catalog-state.ts';
import { checkSecretReferences } from './connection-secrets.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import type { Deps } from '../deps.ts';
import type { Pipeline, Service, Transaction } from '../store/store.ts';
import { existingPipeline, existingService } from './existing.ts';
import { checkOwn } from './origin.ts';
import { checkPrecondition, type Precondition } from './precondition.ts';
import { parseConnection } from './service-types.ts';
import { parseSourceConfig } from './source-config.ts';

export type NewService = Omit<Service, 'updatedAt' | 'origin'>;
export type NewPipeline = Omit<Pipeline, 'updatedAt' | 'origin'>;

/**
 * Creates or replaces a service. Throws SECRET_IN_PLAIN_TEXT, INPUT_INVALID, PRECONDITION_REQUIRED,
 * PRECONDITION_FAILED.
 */
export async function saveService(
  { store, clock }: Deps,
  draft: NewService,
  precondition: Precondition,
): Promise<Service> {
  const service = {
    ...draft,
    connection: parseConnection(draft.type, draft.connection),
    origin: null,
    updatedAt: clock.now(),
  };
  return store.transaction(async (tx) => {
    const present = await tx.definitions.service(service.name);
    if (present !== undefined && isSame(present, service)) return present;
    if (present !== undefined) checkOwn(`service ${service.name}`, present);
    checkPrecondition(`service ${service.name}`, present, precondition);
    await checkRunnerEnrolled(tx, service.runner);
    await tx.definitions.saveService(service);
    return service;
  });
}

/**
 * Creates or replaces a pipeline. Throws NOT_FOUND (the service), SECRET_IN_PLAIN_TEXT,
 * INPUT_INVALID, PRECONDITION_REQUIRED, PRECONDITION_FAILED.
 */
export async function savePipeline(
  { store, clock }: Deps,
  draft: NewPipeline,
  precondition: Precondition,
): Promise<Pipeline> {
  checkSecretReferences(draft.sourceConfig);
  const pipeline = {
    ...draft,
    sourceConfig: parseSourceConfig(draft.sourceConfig),
    origin: null,
    updatedAt: clock.now(),
  };
  return store.transaction(async (tx) => {
    checkOwn(`service ${pipeline.service}`, await existingService(tx, pipeline.service));
    const present = await tx.definitions.pipeline(pipeline.name);
    if (present !== undefined && isSame(present, pipeline)) return present;
    if (present !== undefined) checkOwn(`pipeline ${pipeline.name}`, present);
    checkPrecondition(`pipeline ${pipeline.name}`, present, precondition);
    await tx.definitions.savePipeline(pipeline);
    return pipeline;
  });
}

/**
 * Deletes a service with its pipelines and its part of the catalog; its runs stay in the history.
 * Throws NOT_FOUND, CONFLICT, PRECONDITION_FAILED.
 */
export async function deleteService(
  { store, changes }: Deps,
  name: string,
  precondition: Precondition,
): Promise<void> {
  await store.transaction(async (tx) => {
    const present = await existingService(tx, name);
    checkOwn(`service ${name}`, present);
    if (precondition.match !== undefined)
      checkPrecondition(`service ${name}`, present, precondition);
    const active = (await tx.runs.active()).filter((run) => run.service === name);
    if (active.length > 0)
      throw new ControlPlaneError(
        'CONFLICT',
        `service ${name} has active runs: ${active.map(({ id }) => id).join(', ')}`,
        { remedy: 'Cancel the runs, or wait until they have ended.' },
      );
    await tx.entities.drop(name);
    await tx.lineage.drop(name);
    await tx.catalogStates.save(deleted(await tx.catalogStates.get(name)));
    await tx.definitions.deleteService(name);
  });
  changes.changed(DISPATCH);
}

/**
 * Deletes a pipeline; its queued and active runs continue. Throws NOT_FOUND, PRECONDITION_FAILED.
 */
export async function deletePipeline(
  { store }: Deps,
  name: string,
  precondition: Precondition,
): Promise<void> {
  await store.transaction(async (tx) => {
    const present = await existingPipeline(tx, name);
    checkOwn(`pipeline ${name}`, present);
    if (precondition.match !== undefined)
      checkPrecondition(`pipeline ${name}`, present, precondition);
    await tx.definitions.deletePipeline(name);
  });
}

async function checkRunnerEnrolled(tx: Transaction, runner: string | null): Promise<void> {
  if (runner === null) return;
  const known = (await tx.runners.list()).filter(({ revokedAt }) => revokedAt === null);
  if (known.some(({ id, name }) => id === runner || name === runner)) return;
  const names = known
    .map(({ name }) => name)
    .slice(0, 10)
    .join(', ');
  throw new ControlPlaneError('INPUT_INVALID', `runner ${JSON.stringify(runner)} is not enrolled`, {
    remedy:
      names === ''
        ? 'Enroll a runner first, or omit the field.'
        : `Use one of: ${names}; or omit the field.`,
  });
}

/** Saving an identical definition changes nothing and needs no precondition. */
function isSame<T extends { readonly updatedAt: number }>(present: T, draft: T): boolean {
  const content = (definition: T): string =>
    JSON.stringify(
      Object.entries({ ...definition, updatedAt: 0 }).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  return content(present) === content(draft);
}
