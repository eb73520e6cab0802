import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import { z } from 'zod';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import type { SalesforceApi } from '../api/api.ts';
import { throwOrgRejection } from '../api/composite.ts';
import { readRows } from '../api/pages.ts';
import { queryMany } from '../api/query-many.ts';
import { soqlLiterals } from '../api/soql.ts';
import type { Owner } from '../mapping/field-properties.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';

const WHAT = 'field owners';
const USER = /^005\w{12,15}$/;
const GROUP = /^00G\w{12,15}$/;

const rowSchema = z.object({
  Id: z.string(),
  Name: z.string().nullish(),
  Email: z.string().nullish(),
});
type Row = z.infer<typeof rowSchema>;

export interface OwnersDeps {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
}

interface Query {
  readonly kind: Owner['kind'];
  readonly soql: string;
}

/**
 * Looks up the business owners of fields: users with their e-mail address, groups by name. Each id
 * is queried once.
 */
export class Owners {
  readonly #deps: OwnersDeps;
  readonly #known = new Map<string, Owner>();
  /** The call that queries an id, for concurrent callers that need the same one. */
  readonly #calls = new Map<string, Promise<void>>();

  constructor(deps: OwnersDeps) {
    this.#deps = deps;
  }

  /** All owners known so far by id, including these ids if they exist. */
  async resolve(ids: Iterable<string>, signal: AbortSignal): Promise<ReadonlyMap<string, Owner>> {
    const requested = [...new Set(ids)];
    const fresh = requested.filter((id) => !this.#calls.has(id));
    if (fresh.length > 0) {
      const call = this.#query(queriesFor(fresh), signal);
      for (const id of fresh) this.#calls.set(id, call);
    }
    await Promise.all(requested.flatMap((id) => this.#calls.get(id) ?? []));
    return this.#known;
  }

  async #query(queries: readonly Query[], signal: AbortSignal): Promise<void> {
    const { api, version } = this.#deps;
    try {
      await queryMany(
        { api, version, what: WHAT, surface: 'data' },
        queries.map(({ soql }) => soql),
        ({ index, status, body }) => {
          throwOrgRejection({ status, body }, WHAT);
          const { kind } = queries[index]!;
          if (status === 200) this.#add(kind, readRows(body, rowSchema, WHAT));
          else this.#logFailure({ kind, status });
        },
        signal,
      );
    } catch (thrown) {
      const error = rethrowIfRunEnds(thrown, signal);
      this.#logFailure(errorFields(error));
    }
  }

  #add(kind: Owner['kind'], rows: readonly Row[]): void {
    for (const { Id, Name, Email } of rows) {
      const owner: Owner = {
        kind,
        name: Name ?? Id,
        ...(kind === 'user' && typeof Email === 'string' ? { email: Email } : {}),
      };
      for (const id of [Id, Id.slice(0, 15)]) this.#known.set(id, owner);
    }
  }

  #logFailure(data: Readonly<Record<string, unknown>>): void {
    this.#deps.logger.log('warn', 'failed to read some field owners', data);
  }
}

function queriesFor(ids: readonly string[]): Query[] {
  const users = ids.filter((id) => USER.test(id));
  const groups = ids.filter((id) => GROUP.test(id));
  const queries: Query[] = [];
  if (users.length > 0)
    queries.push({
      kind: 'user',
      soql: `SELECT Id, Name, Email FROM User WHERE Id IN (${soqlLiterals(users)})`,
    });
  if (groups.length > 0)
    queries.push({
      kind: 'group',
      soql: `SELECT Id, Name FROM Group WHERE Id IN (${soqlLiterals(groups)})`,
    });
  return queries;
}
