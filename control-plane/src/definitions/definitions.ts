/**
 * Services and pipelines, as operators define them. Invariants:
 * - What is stored can run: fields, filters, runner and service are checked before.
 * - A definition replaces another only when the caller says so.
 * - A service is not deleted while a run of it is active.
 */
import { deleted } from '../catalog/catalog-state.ts';
import { refuseMisplacedSecrets } from './connection-secrets.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import { DISPATCH } from '../runtime/change-hub.ts';
import { existingService } from '../runs/start-run.ts';
import type { Ground } from '../deps.ts';
import type { Pipeline, Reads, Service, Transaction } from '../store/store.ts';
import { checkPrecondition, type Precondition } from './precondition.ts';
import { parseSalesforceConnection } from './salesforce-connection.ts';
import { parseSourceConfig } from './source-config.ts';

export type NewService = Omit<Service, 'updatedAt'>;
export type NewPipeline = Omit<Pipeline, 'updatedAt'>;

/** Creates or replaces a service. Throws SECRET_IN_PLAIN_TEXT, INPUT_INVALID, PRECONDITION_REQUIRED, PRECONDITION_FAILED. */
export async function saveService(
  { store, clock }: Ground,
  draft: NewService,
  precondition: Precondition,
): Promise<Service> {
  const service = {
    ...draft,
    connection: parseSalesforceConnection(draft.connection),
    updatedAt: clock.now(),
  };
  return store.transaction(async (tx) => {
    const present = await tx.catalog.service(service.name);
    if (present !== undefined && isSame(present, service)) return present;
    checkPrecondition(`service ${service.name}`, present, precondition);
    await refuseUnknownRunner(tx, service.runner);
    await tx.catalog.saveService(service);
    return service;
  });
}

/** Creates or replaces a pipeline. Throws NOT_FOUND (the service), SECRET_IN_PLAIN_TEXT, INPUT_INVALID, PRECONDITION_REQUIRED, PRECONDITION_FAILED. */
export async function savePipeline(
  { store, clock }: Ground,
  draft: NewPipeline,
  precondition: Precondition,
): Promise<Pipeline> {
  refuseMisplacedSecrets(draft.sourceConfig);
  const pipeline = {
    ...draft,
    sourceConfig: parseSourceConfig(draft.sourceConfig),
    updatedAt: clock.now(),
  };
  return store.transaction(async (tx) => {
    await existingService(tx, pipeline.service);
    const present = await tx.catalog.pipeline(pipeline.name);
    if (present !== undefined && isSame(present, pipeline)) return present;
    checkPrecondition(`pipeline ${pipeline.name}`, present, precondition);
    await tx.catalog.savePipeline(pipeline);
    return pipeline;
  });
}

/** Deletes a service with its pipelines and all that the catalog has of it; its runs stay as history. Throws NOT_FOUND, CONFLICT, PRECONDITION_FAILED. */
export async function deleteService(
  { store, changes }: Ground,
  name: string,
  precondition: Precondition,
): Promise<void> {
  await store.transaction(async (tx) => {
    const present = await existingService(tx, name);
    if (precondition.match !== undefined)
      checkPrecondition(`service ${name}`, present, precondition);
    const active = (await tx.runs.active()).filter((run) => run.service === name);
    if (active.length > 0)
      throw new ControlPlaneError(
        'CONFLICT',
        `service ${name} has active runs: ${active.map(({ id }) => id).join(', ')}`,
        { remedy: 'Cancel them, or wait until they have ended.' },
      );
    await tx.entities.drop(name);
    await tx.lineage.drop(name);
    await tx.catalogStates.save(deleted(await tx.catalogStates.get(name)));
    await tx.catalog.deleteService(name);
  });
  changes.changed(DISPATCH);
}

/** Deletes a pipeline; runs that are queued or at work go on. Throws NOT_FOUND, PRECONDITION_FAILED. */
export async function deletePipeline(
  { store }: Ground,
  name: string,
  precondition: Precondition,
): Promise<void> {
  await store.transaction(async (tx) => {
    const present = await existingPipeline(tx, name);
    if (precondition.match !== undefined)
      checkPrecondition(`pipeline ${name}`, present, precondition);
    await tx.catalog.deletePipeline(name);
  });
}

/** Throws NOT_FOUND. */
export async function existingPipeline(
  reads: Pick<Reads, 'catalog'>,
  name: string,
): Promise<Pipeline> {
  const pipeline = await reads.catalog.pipeline(name);
  if (pipeline === undefined)
    throw new ControlPlaneError('NOT_FOUND', `there is no pipeline ${name}`);
  return pipeline;
}

async function refuseUnknownRunner(tx: Transaction, runner: string | null): Promise<void> {
  if (runner === null) return;
  const known = (await tx.runners.list()).filter(({ revokedAt }) => revokedAt === null);
  if (known.some(({ id, name }) => id === runner || name === runner)) return;
  const names = known
    .map(({ name }) => name)
    .slice(0, 10)
    .join(', ');
  throw new ControlPlaneError(
    'INPUT_INVALID',
    `runner: no runner is called ${JSON.stringify(runner)}`,
    {
      remedy:
        names === ''
          ? 'Enroll a runner first, or leave the field out.'
          : `Name one of: ${names}; or leave the field out.`,
    },
  );
}

/** Sending the same definition twice changes nothing and needs no precondition. */
function isSame<T extends { readonly updatedAt: number }>(present: T, draft: T): boolean {
  const content = (definition: T): string =>
    JSON.stringify(
      Object.entries({ ...definition, updatedAt: 0 }).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  return content(present) === content(draft);
}
