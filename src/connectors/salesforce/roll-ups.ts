import { z } from 'zod';
import type { Logger } from '../../observability/logger.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { SalesforceApi } from './api.ts';
import { readComposite } from './composite.ts';
import { literals } from './descriptions.ts';
import type { RollUp } from './field-properties.ts';
import { rollupSource } from './formula/rollup.ts';

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

/** A composite takes five queries, and a definition needs one for itself. */
const QUERIES = 5;
const MOST = 150;
const pageSchema = z.object({ records: z.array(z.object({ Metadata: z.unknown() })) });

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
    for (let from = 0; from < wanted.length; from += QUERIES) await this.#readSome(wanted.slice(from, from + QUERIES), found, signal);
    return found;
  }

  async #readSome(fields: readonly RollUpField[], found: Map<string, RollUp>, signal: AbortSignal): Promise<void> {
    const { api, version } = this.#options;
    const base = `/services/data/v${version}/tooling`;
    const parts = fields.map((field, index) => ({ referenceId: `r${index}`, url: `${base}/query?q=${encodeURIComponent(queryFor(field))}` }));
    try {
      await readComposite(api, { path: `${base}/composite`, parts, what: 'the definitions of roll-ups' }, ({ referenceId, status, body }) => {
        const rollUp = status === 200 ? definitionIn(body) : undefined;
        if (rollUp === undefined) return this.#tell({ status });
        found.set(keyOf(fields[Number(referenceId.slice(1))]!), rollUp);
      }, signal);
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (signal.aborted || error.code === 'SALESFORCE_LIMIT_REACHED') throw error;
      this.#tell({ code: error.code, reason: error.message });
    }
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
  const within = namespace === undefined ? '' : ` AND NamespacePrefix = ${literals([namespace])}`;
  return `SELECT Metadata FROM CustomField WHERE EntityDefinitionId = ${literals([object])} AND DeveloperName = ${literals([name ?? field])}${within}`;
}

function definitionIn(body: unknown): RollUp | undefined {
  const source = rollupSource(pageSchema.safeParse(body).data?.records[0]?.Metadata);
  if (source === undefined) return undefined;
  const { operation, child, foreignKey, summarized } = source;
  const filters = [...new Set(source.filters.filter(({ object }) => object === child).map(({ field }) => field))];
  return { operation, child, foreignKey, ...(operation === 'count' ? {} : { field: summarized.field }), ...(filters.length === 0 ? {} : { filters }) };
}
