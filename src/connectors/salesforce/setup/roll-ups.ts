import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import { z } from 'zod';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import type { SalesforceApi } from '../api/api.ts';
import type { FirstAnswers } from '../api/first-answers.ts';
import { readMetadata } from '../api/metadata.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';
import { rollupSource } from '../formula/rollup.ts';
import type { RollUp } from '../mapping/field-properties.ts';
import { shortId } from './durable-id.ts';
import { readOptionalRows } from './optional-rows.ts';

/** A roll-up field, by the durable id of its object and its API name. */
export interface RollUpField {
  readonly object: string;
  readonly field: string;
}

export interface RollUpsDeps {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
  readonly firstAnswers?: FirstAnswers | undefined;
  /** Maximum number of definitions read in a run. */
  readonly max?: number;
}

/** A field whose definition is read. */
interface Chosen {
  readonly id: string;
  readonly object: string;
  readonly key: string;
}

const MAX_DEFINITIONS = 150;
export const ROLL_UPS_QUERY =
  'SELECT Id, DeveloperName, NamespacePrefix, TableEnumOrId FROM CustomField WHERE SummaryOperation != null';
const rowSchema = z.object({
  Id: z.string(),
  DeveloperName: z.string(),
  NamespacePrefix: z.string().nullish(),
  TableEnumOrId: z.string(),
});

/**
 * Reads definitions of roll-up summaries, all of a run at once. In an org with more than `max`,
 * every run reads the same ones, regardless of which objects it covers: the first by object and
 * name.
 */
export class RollUps {
  readonly #deps: RollUpsDeps;
  #definitions: Promise<ReadonlyMap<string, RollUp>> | undefined;
  #logged = false;

  constructor(deps: RollUpsDeps) {
    this.#deps = deps;
  }

  /** Begins to read, so that `read` takes less time; a failure is for `read` to report. */
  begin(objects: ReadonlySet<string>, signal: AbortSignal): void {
    this.read(objects, signal).catch(() => undefined);
  }

  /**
   * The definitions that could be read, by `keyOf` the field. `objects` are the durable ids of all
   * objects of the run.
   */
  read(objects: ReadonlySet<string>, signal: AbortSignal): Promise<ReadonlyMap<string, RollUp>> {
    return (this.#definitions ??= this.#read(objects, signal));
  }

  async #read(
    objects: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, RollUp>> {
    const found = new Map<string, RollUp>();
    const chosen = await this.#choose(signal);
    const components = chosen
      .filter(({ object }) => objects.has(object))
      .map(({ key, id }) => ({ key, table: 'CustomField' as const, id }));
    const { api, version } = this.#deps;
    const target = { api, version, what: 'roll-up summary definitions' };
    try {
      for await (const { key, status, metadata } of readMetadata(target, components, signal)) {
        const rollUp = definitionIn(metadata);
        if (rollUp === undefined) this.#logOmitted({ status });
        else found.set(key, rollUp);
      }
    } catch (thrown) {
      const error = rethrowIfRunEnds(thrown, signal);
      this.#logOmitted(errorFields(error));
    }
    return found;
  }

  async #choose(signal: AbortSignal): Promise<readonly Chosen[]> {
    const { api, version, logger, firstAnswers, max = MAX_DEFINITIONS } = this.#deps;
    const target = { api, version, logger, firstAnswers, what: 'roll-up summary fields' };
    const rows = await readOptionalRows(target, ROLL_UPS_QUERY, rowSchema, signal);
    if (rows.length > max) this.#logOmitted({ reason: 'limit', requested: rows.length, read: max });
    return rows
      .map(({ Id, TableEnumOrId, DeveloperName, NamespacePrefix }): Chosen => {
        const object = shortId(TableEnumOrId);
        const field = `${NamespacePrefix ? `${NamespacePrefix}__` : ''}${DeveloperName}__c`;
        return { id: Id, object, key: keyOf({ object, field }) };
      })
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .slice(0, max);
  }

  /** Once a run. */
  #logOmitted(data: Readonly<Record<string, unknown>>): void {
    if (this.#logged) return;
    this.#logged = true;
    this.#deps.logger.log('info', 'roll-up summary definitions incomplete', data);
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
