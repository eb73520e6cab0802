import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import type { FirstAnswers } from '../api/first-answers.ts';
import type { QueryPool } from '../api/query-pool.ts';
import type { SalesforceApi } from '../api/api.ts';
import type { EntityRow } from '../describe/definition-rows.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { changedSince } from './changed-objects.ts';
import { fieldsDeleted } from './deleted-fields.ts';
import type { IncrementalState } from './incremental-state.ts';
import { noteForNextRun } from './next-run.ts';
import { standardFieldsChanged } from './standard-fields.ts';

export interface ObjectsToRead {
  readonly objects: readonly ListedObject[];
  /**
   * For a conditional describe of the object: the time since when it must have changed. Undefined
   * reads it in any case.
   */
  readonly since: (object: ListedObject) => string | undefined;
  /** Rows of EntityDefinition that are known already, by object name. */
  readonly entities?: ReadonlyMap<string, EntityRow>;
}

export interface ReadDeps {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
  readonly state: IncrementalState;
  /** Answers to `countQueries`. */
  readonly firstAnswers?: FirstAnswers | undefined;
  /** Sent after `objectsToRead` is called. */
  readonly pool?: QueryPool | undefined;
}

/**
 * The objects that may have changed since the previous run, or all objects if there is no usable
 * previous run. `listedAt` is the org's time of the object list (an HTTP date). Resolves only when
 * custom fields are counted for the next run: one that is deleted after an object was described but
 * before the count would never be missing from a count, and stay in the catalog.
 */
export async function objectsToRead(
  deps: ReadDeps,
  objects: readonly ListedObject[],
  listedAt: string,
  signal: AbortSignal,
): Promise<ObjectsToRead> {
  const { logger, state } = deps;
  const { since } = state;
  const all = { objects, since: () => undefined };
  if (since === undefined) {
    await noteForNextRun(deps, state, listedAt, signal);
    return all;
  }
  const columns = (object: ListedObject): number => state.columnsOf(object.name) ?? 0;
  const [deleted, changed, fieldsChanged] = await Promise.all([
    fieldsDeleted(deps, state, { listedAt, since }, signal),
    changedSince(deps, objects, since, signal),
    standardFieldsChanged(deps, objects, columns, state, signal),
  ]);
  if (changed === 'forbidden')
    return { objects, since: (object) => (state.isListedUnchanged(object) ? since : undefined) };
  if (changed === 'unknown' || deleted) return all;
  const isChanged = (name: string | undefined): boolean =>
    name !== undefined && (changed.names.has(name) || fieldsChanged.has(name));
  const toRead = objects.filter(
    (object) =>
      !state.isListedUnchanged(object) ||
      isChanged(object.name) ||
      isChanged(object.associateParentEntity),
  );
  logger.log('info', 'reading the objects that changed since the previous run', {
    objects: toRead.length,
    since,
  });
  return { ...all, objects: toRead, entities: rowsOf(toRead, changed.entities) };
}

function rowsOf(
  objects: readonly ListedObject[],
  entities: ReadonlyMap<string, EntityRow>,
): ReadonlyMap<string, EntityRow> {
  return new Map(
    objects.flatMap(({ name }) => {
      const row = entities.get(name);
      return row === undefined ? [] : [[name, row]];
    }),
  );
}
