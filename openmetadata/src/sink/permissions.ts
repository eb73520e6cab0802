import { z } from 'zod';
import type { EntityType } from '../../../foundation/src/domain/record.ts';
import { readAs } from './entity.ts';
import type { MetadataServer } from './server.ts';

const permissionsSchema = z.object({
  permissions: z.array(z.object({ operation: z.string(), access: z.string() })),
});

/** Of the values of `access`; `conditionalAllow` depends on the entity. */
const PERMITTED: ReadonlySet<string> = new Set(['allow']);

/**
 * What the server's policies permit the bot to do with entities of a type, asked once a type:
 * `GET /v1/permissions/{resource}` of OpenMetadata's API.
 */
export class Permissions {
  readonly #server: MetadataServer;
  readonly #permitted = new Map<EntityType, ReadonlySet<string>>();

  constructor(server: MetadataServer) {
    this.#server = server;
  }

  /** False also for what the server does not mention. */
  async permit(type: EntityType, operation: string, signal: AbortSignal): Promise<boolean> {
    let permitted = this.#permitted.get(type);
    if (permitted === undefined) {
      permitted = await this.#ask(type, signal);
      this.#permitted.set(type, permitted);
    }
    return permitted.has(operation);
  }

  async #ask(type: EntityType, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const what = `permissions for entities of type ${type}`;
    const answer = await this.#server.find(`/permissions/${type}`, what, signal);
    if (answer === undefined) return new Set();
    const { permissions } = readAs(permissionsSchema, answer.body, what);
    return new Set(
      permissions.filter(({ access }) => PERMITTED.has(access)).map(({ operation }) => operation),
    );
  }
}
