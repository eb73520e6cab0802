import { z } from 'zod';
import type { Logger } from '../../../observability/logger.ts';
import { RunnerError } from '../../../runtime/errors.ts';
import type { SalesforceApi } from '../api/api.ts';
import { readComposite, throwOrgRefusal } from '../api/composite.ts';
import { readRows } from '../api/pages.ts';
import { soqlLiterals } from '../api/soql.ts';
import type { Owner } from '../mapping/field-properties.ts';
import { endsRun } from '../api/run-ending.ts';

const USER = /^005\w{12,15}$/;
const GROUP = /^00G\w{12,15}$/;

const rowSchema = z.object({
  Id: z.string(),
  Name: z.string().nullish(),
  Email: z.string().nullish(),
});

export interface OwnersOptions {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
}

/** Finds out who the business owners of fields are: users by e-mail, groups by name. Each is asked for once. */
export class Owners {
  readonly #options: OwnersOptions;
  readonly #known = new Map<string, Owner>();
  /** The call that asks for it, for whoever needs it too meanwhile. */
  readonly #asked = new Map<string, Promise<void>>();

  constructor(options: OwnersOptions) {
    this.#options = options;
  }

  /** All owners known so far, by id, those with these ids among them; one that cannot be found is left out. */
  async resolve(ids: Iterable<string>, signal: AbortSignal): Promise<ReadonlyMap<string, Owner>> {
    const wanted = [...new Set(ids)];
    const fresh = wanted.filter((id) => !this.#asked.has(id));
    if (fresh.length > 0) {
      const asking = this.#ask(fresh, signal);
      for (const id of fresh) this.#asked.set(id, asking);
    }
    await Promise.all(wanted.flatMap((id) => this.#asked.get(id) ?? []));
    return this.#known;
  }

  async #ask(fresh: readonly string[], signal: AbortSignal): Promise<void> {
    const users = fresh.filter((id) => USER.test(id));
    const groups = fresh.filter((id) => GROUP.test(id));
    const parts = [
      ...(users.length === 0
        ? []
        : [
            {
              referenceId: 'user',
              query: `SELECT Id, Name, Email FROM User WHERE Id IN (${soqlLiterals(users)})`,
            },
          ]),
      ...(groups.length === 0
        ? []
        : [
            {
              referenceId: 'group',
              query: `SELECT Id, Name FROM Group WHERE Id IN (${soqlLiterals(groups)})`,
            },
          ]),
    ];
    if (parts.length > 0) await this.#read(parts, signal);
  }

  async #read(
    queries: readonly { readonly referenceId: string; readonly query: string }[],
    signal: AbortSignal,
  ): Promise<void> {
    const { api, version, logger } = this.#options;
    const base = `/services/data/v${version}`;
    const parts = queries.map(({ referenceId, query }) => ({
      referenceId,
      url: `${base}/query?q=${encodeURIComponent(query)}`,
    }));
    try {
      await readComposite(
        api,
        { path: `${base}/composite`, parts, what: 'the owners of fields' },
        (part) => {
          throwOrgRefusal(part, 'the owners of fields');
          const { referenceId, status, body } = part;
          if (status === 200)
            this.#keep(
              referenceId === 'user' ? 'user' : 'group',
              readRows(body, rowSchema, 'the owners of fields'),
            );
          else
            logger.log('warn', 'Some owners of fields could not be read', {
              kind: referenceId,
              status,
            });
        },
        signal,
      );
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (endsRun(error, signal)) throw error;
      logger.log('warn', 'Some owners of fields could not be read', {
        code: error.code,
        reason: error.message,
      });
    }
  }

  #keep(kind: Owner['kind'], rows: readonly z.infer<typeof rowSchema>[]): void {
    for (const { Id, Name, Email } of rows) {
      const owner: Owner = {
        kind,
        name: Name ?? Id,
        ...(kind === 'user' && typeof Email === 'string' ? { email: Email } : {}),
      };
      for (const id of [Id, Id.slice(0, 15)]) this.#known.set(id, owner);
    }
  }
}
