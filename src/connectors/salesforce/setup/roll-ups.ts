import type { Logger } from '../../../observability/logger.ts';
import { RunnerError } from '../../../runtime/errors.ts';
import type { SalesforceApi } from '../api/api.ts';
import { literals } from '../describe/descriptions.ts';
import type { RollUp } from '../mapping/field-properties.ts';
import { rollupSource } from '../formula/rollup.ts';
import { readMetadata } from '../api/metadata.ts';
import { endsRun } from '../http/fatal.ts';

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

/** Reads the definitions of roll-up summaries, of which the API gives one a query; those beyond `most` stay without. */
export class RollUps {
  readonly #options: RollUpsOptions;
  #left: number;
  #told = false;

  constructor(options: RollUpsOptions) {
    this.#options = options;
    this.#left = options.most ?? MOST;
  }

  /** The definitions that could be read, by `object field`. */
  async read(fields: readonly RollUpField[], signal: AbortSignal): Promise<ReadonlyMap<string, RollUp>> {
    const found = new Map<string, RollUp>();
    const wanted = fields.slice(0, this.#left);
    this.#left -= wanted.length;
    if (wanted.length < fields.length) this.#tell({ reason: `more than ${this.#options.most ?? MOST} in this org` });
    const { api, version } = this.#options;
    const queries = wanted.map((field) => ({ key: field, soql: queryFor(field) }));
    try {
      for await (const { key, status, metadata } of readMetadata({ api, version, what: 'the definitions of roll-ups' }, queries, signal)) {
        const rollUp = definitionIn(metadata);
        if (rollUp === undefined) this.#tell({ status });
        else found.set(keyOf(key), rollUp);
      }
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (endsRun(error, signal)) throw error;
      this.#tell({ code: error.code, reason: error.message });
    }
    return found;
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

function queryFor({ object, field }: RollUpField): string {
  const { namespace, name } = /^(?:(?<namespace>[A-Za-z]\w*?)__)?(?<name>\w+?)__c$/i.exec(field)?.groups ?? { name: field };
  // Without it, a field of a package with the same name would answer as well.
  const within = ` AND NamespacePrefix = ${namespace === undefined ? 'null' : literals([namespace])}`;
  return `SELECT Metadata FROM CustomField WHERE EntityDefinitionId = ${literals([object])} AND DeveloperName = ${literals([name ?? field])}${within}`;
}

function definitionIn(metadata: unknown): RollUp | undefined {
  const source = rollupSource(metadata);
  if (source === undefined) return undefined;
  const { operation, child, foreignKey, summarized } = source;
  const filters = [...new Set(source.filters.filter(({ object }) => object === child).map(({ field }) => field))];
  return { operation, child, foreignKey, ...(operation === 'count' ? {} : { field: summarized.field }), ...(filters.length === 0 ? {} : { filters }) };
}
