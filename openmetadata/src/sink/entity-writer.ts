import type { Json } from '../../../foundation/src/domain/json.ts';
import type { EntityType } from '../../../foundation/src/domain/record.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { isFailedTest } from './answer.ts';
import { withColumnProperties } from './column-properties.ts';
import { changesTypes, keepEdits, overrideEdits, type PatchOperation } from './edits.ts';
import {
  byName,
  ENTITY_PATHS,
  readAs,
  storedEntitySchema,
  titled,
  type StoredEntity,
} from './entity.ts';
import { Permissions } from './permissions.ts';
import { CONFLICT, type Answer, type MetadataServer } from './server.ts';

export interface Target {
  readonly type: EntityType;
  readonly fqn: string;
}

/** Tries of a patch while others change the entity. */
const PATCH_TRIES = 3;

const FIELDS: Readonly<Record<EntityType, string>> = {
  databaseService: 'owners,domains',
  database: 'owners,domains,sourceHash',
  databaseSchema: 'owners,domains,sourceHash',
  table: 'columns,tags,owners,domains,sourceHash',
  storedProcedure: 'owners,domains,sourceHash',
};

/**
 * Fails the whole patch if others have changed the entity. OpenMetadata 1.12.6 answers a PATCH with
 * If-Match with 200 and the new state, but does not store it.
 */
function isStill(version: number): PatchOperation {
  return { op: 'test', path: '/version', value: version };
}

/** Writes one entity at a time. Keeps users' edits unless `override` is set. */
export class EntityWriter {
  readonly #server: MetadataServer;
  readonly #override: boolean;
  readonly #logger: Logger;
  readonly #permissions: Permissions;
  #hasReportedNames = false;

  constructor(server: MetadataServer, override: boolean, logger: Logger) {
    this.#server = server;
    this.#override = override;
    this.#logger = logger;
    this.#permissions = new Permissions(server);
  }

  /** Whether the source's values replace those of users. */
  get overrides(): boolean {
    return this.#override;
  }

  async find({ type, fqn }: Target, signal: AbortSignal): Promise<StoredEntity | undefined> {
    const answer = await this.#server.find(
      `${byName(type, fqn)}?include=all&fields=${FIELDS[type]}`,
      titled(type, fqn),
      signal,
    );
    return answer === undefined
      ? undefined
      : readAs(storedEntitySchema, answer.body, titled(type, fqn));
  }

  /** The request to send, with the edits to keep. */
  prepare(request: Json, found: StoredEntity | undefined): Json {
    return found === undefined || this.#override ? request : keepEdits(request, found);
  }

  /** A second request that a table needs when this one changes the types of columns. */
  async second(
    fqn: string,
    prepared: Json,
    stored: StoredEntity,
    signal: AbortSignal,
  ): Promise<Json | undefined> {
    return changesTypes(prepared, stored)
      ? withColumnProperties(fqn, prepared, this.#server, signal)
      : undefined;
  }

  /**
   * Creates or updates the entity, or restores a soft-deleted one. Resolves with the entity's id.
   */
  async put(
    target: Target,
    request: Json,
    found: StoredEntity | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const prepared = this.prepare(request, found);
    const second =
      found === undefined || target.type !== 'table'
        ? undefined
        : await this.second(target.fqn, prepared, found, signal);
    const send = (body: Json): Promise<Answer> =>
      this.#server.send(
        {
          method: 'PUT',
          path: ENTITY_PATHS[target.type],
          what: titled(target.type, target.fqn),
          body,
          hasArrived: async () => this.#isStored(target, request, signal),
        },
        signal,
      );
    const answer = await send(prepared);
    if (second !== undefined) await send(second);
    if (found !== undefined) await this.override(target, request, signal);
    const body = answer.body ?? (await this.find(target, signal));
    return readAs(storedEntitySchema, body, titled(target.type, target.fqn)).id;
  }

  /**
   * Whether the server has the entity in the state of the request. A service has no hash: it is
   * only ever created.
   */
  async #isStored(target: Target, request: Json, signal: AbortSignal): Promise<boolean> {
    const found = await this.find(target, signal);
    return found?.deleted === false && found.sourceHash === request['sourceHash'];
  }

  /**
   * Replaces users' edits with the source's values if `override` is set. Resolves with
   * whether anything changed.
   */
  async override(target: Target, request: Json, signal: AbortSignal): Promise<boolean> {
    if (!this.#override) return false;
    for (let tries = 0; tries < PATCH_TRIES; tries++) {
      const found = await this.find(target, signal);
      if (found === undefined) return false;
      const operations = await this.#permitted(target, overrideEdits(request, found), signal);
      if (operations.length === 0) return false;
      const { status } = await this.#patch(target, found, operations, signal);
      if (status !== CONFLICT) return true;
    }
    throw new RunnerError(
      'SINK_REJECTED',
      `${titled(target.type, target.fqn)} was modified concurrently during each attempt`,
      { retryable: true },
    );
  }

  /**
   * The operations without those that the server's policies deny. The server itself does not look:
   * it checks a patch that names a version, as ours do, for the operation EditAll only.
   */
  async #permitted(
    { type }: Target,
    operations: readonly PatchOperation[],
    signal: AbortSignal,
  ): Promise<readonly PatchOperation[]> {
    const others = operations.filter(({ path }) => !path.endsWith('/displayName'));
    if (others.length === operations.length) return operations;
    if (await this.#permissions.permit(type, 'EditDisplayName', signal)) return operations;
    this.#reportNames();
    return others;
  }

  #patch(
    { type, fqn }: Target,
    { id, version }: StoredEntity,
    operations: readonly PatchOperation[],
    signal: AbortSignal,
  ): Promise<Answer> {
    return this.#server.send(
      {
        method: 'PATCH',
        path: `${ENTITY_PATHS[type]}/${id}`,
        what: titled(type, fqn),
        body: version === undefined ? operations : [isStill(version), ...operations],
        isConflict: isFailedTest,
      },
      signal,
    );
  }

  #reportNames(): void {
    if (this.#hasReportedNames) return;
    this.#hasReportedNames = true;
    this.#logger.log('warn', 'server forbids its bot to change display names; edited ones stay');
  }

  async restore({ type, fqn }: Target, id: string, signal: AbortSignal): Promise<void> {
    await this.#server.send(
      {
        method: 'PUT',
        path: `${ENTITY_PATHS[type]}/restore`,
        what: titled(type, fqn),
        body: { id },
      },
      signal,
    );
  }

  /**
   * Hides the entity and its children, which can be restored. A missing entity counts as deleted.
   */
  async softDelete({ type, fqn }: Target, signal: AbortSignal): Promise<void> {
    const path = `${byName(type, fqn)}?hardDelete=false&recursive=${type !== 'table'}`;
    await this.#server.send(
      { method: 'DELETE', path, what: titled(type, fqn), accept: [404] },
      signal,
    );
  }
}
