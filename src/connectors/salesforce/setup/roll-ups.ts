import { z } from 'zod';
import type { Logger } from '../../../observability/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import type { SalesforceApi } from '../api/api.ts';
import { soqlLiterals } from '../api/soql.ts';
import type { RollUp } from '../mapping/field-properties.ts';
import { rollupSource } from '../formula/rollup.ts';
import { readMetadata } from '../api/metadata.ts';
import { readExtra, shortId } from './setup-objects.ts';

/** A roll-up field, by the durable id of its object and its own API name. */
export interface RollUpField {
  readonly object: string;
  readonly field: string;
}

export interface RollUpsOptions {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
  /** Definitions to read in a run at most. */
  readonly most?: number;
}

const MOST = 150;
const LIST =
  'SELECT Id, DeveloperName, NamespacePrefix, TableEnumOrId FROM CustomField WHERE SummaryOperation != null';
const rowSchema = z.object({
  Id: z.string(),
  DeveloperName: z.string(),
  NamespacePrefix: z.string().nullish(),
  TableEnumOrId: z.string(),
});

/**
 * Reads the definitions of roll-up summaries, of which the API gives one a query. In an org with more than `most`, the same
 * ones are read in every run, whatever order its objects come in and whichever of them a run is about: the first by object
 * and name. The others go without.
 */
export class RollUps {
  readonly #options: RollUpsOptions;
  /** Ids of the fields whose definitions are read, by `object field`. */
  #chosen: Promise<ReadonlyMap<string, string>> | undefined;
  #told = false;

  constructor(options: RollUpsOptions) {
    this.#options = options;
  }

  /** The definitions that could be read, by `object field`. */
  async read(
    fields: readonly RollUpField[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, RollUp>> {
    const found = new Map<string, RollUp>();
    if (fields.length === 0) return found;
    const chosen = await (this.#chosen ??= this.#choose(signal));
    const queries = fields.flatMap((field) => {
      const id = chosen.get(keyOf(field));
      return id === undefined
        ? []
        : [
            {
              key: field,
              soql: `SELECT Metadata FROM CustomField WHERE Id = ${soqlLiterals([id])}`,
            },
          ];
    });
    const { api, version } = this.#options;
    try {
      for await (const { key, status, metadata } of readMetadata(
        { api, version, what: 'the definitions of roll-ups' },
        queries,
        signal,
      )) {
        const rollUp = definitionIn(metadata);
        if (rollUp === undefined) this.#tell({ status });
        else found.set(keyOf(key), rollUp);
      }
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted || error.code === 'SALESFORCE_LIMIT_REACHED') throw error;
      this.#tell({ code: error.code, reason: error.message });
    }
    return found;
  }

  async #choose(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const { api, version, logger, most = MOST } = this.#options;
    const rows = await readExtra(
      { api, version, logger, what: 'the list of roll-up summaries' },
      LIST,
      rowSchema,
      signal,
    );
    const all = rows.map(({ Id, TableEnumOrId, DeveloperName, NamespacePrefix }) => ({
      id: Id,
      key: keyOf({
        object: shortId(TableEnumOrId),
        field: `${NamespacePrefix ? `${NamespacePrefix}__` : ''}${DeveloperName}__c`,
      }),
    }));
    if (all.length > most) this.#tell({ rollUps: all.length, read: most });
    return new Map(
      all
        .toSorted((a, b) => (a.key < b.key ? -1 : 1))
        .slice(0, most)
        .map(({ key, id }) => [key, id]),
    );
  }

  #tell(data: Readonly<Record<string, unknown>>): void {
    if (this.#told) return;
    this.#told = true;
    this.#options.logger.log('info', 'Some roll-up summaries go without their definition', data);
  }
}

export function keyOf({ object, field }: RollUpField): string {
  return `${object} ${field}`;
}

function definitionIn(metadata: unknown): RollUp | undefined {
  const source = rollupSource(metadata);
  if (source === undefined) return undefined;
  const { operation, child, foreignKey, summarized } = source;
  const filters = [
    ...new Set(source.filters.filter(({ object }) => object === child).map(({ field }) => field)),
  ];
  return {
    operation,
    child,
    foreignKey,
    ...(operation === 'count' ? {} : { field: summarized.field }),
    ...(filters.length === 0 ? {} : { filters }),
  };
}
