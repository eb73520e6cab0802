import type { Logger } from '../../../observability/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import type { SalesforceApi } from '../api/api.ts';
import { type Counted, groupForQueries, soqlLiterals } from '../api/soql.ts';
import { type EntityRow, type FieldRow, readEntityRow, readFieldRow } from './definition-rows.ts';
import type { ListedObject } from './object-list.ts';
import { MAX_QUERIES } from '../api/query-many.ts';
import { queryRows, type ReadRow } from '../api/query-rows.ts';
import { salesforceCode } from '../api/refusal.ts';
import { endsRun, rethrowIfRunEnds } from '../api/run-ending.ts';

/** Of a query that is answered, and not in full. */
const TRIES = 3;

/** Columns that orgs and API versions may lack, in which case the rest is read without them. */
const ENTITY_COLUMNS = {
  table: 'EntityDefinition',
  by: 'QualifiedApiName',
  always: 'QualifiedApiName, DurableId, Description',
  extra:
    'NamespacePrefix, Publisher.Name, InternalSharingModel, ExternalSharingModel, DeploymentStatus, IsFieldHistoryTracked',
} as const;
const FIELD_COLUMNS = {
  table: 'FieldDefinition',
  by: 'EntityDefinitionId',
  always: 'EntityDefinitionId, QualifiedApiName, Description',
  extra: 'DataType, SecurityClassification, ComplianceGroup, BusinessStatus, BusinessOwnerId',
} as const;
type Columns = typeof ENTITY_COLUMNS | typeof FIELD_COLUMNS;

export interface DefinitionReaderOptions {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
}

/** What was found; `lost` when there may be more that a passing error kept from us. */
export interface Found<T> {
  readonly found: T;
  readonly lost: boolean;
}

/**
 * Reads what administrators wrote about objects and fields, from the Tooling API. Definitions are an extra: where the
 * user may not read them, one warning says so and the extraction continues without them.
 */
export class DefinitionReader {
  readonly #options: DefinitionReaderOptions;
  #off = false;
  #extra = true;

  constructor(options: DefinitionReaderOptions) {
    this.#options = options;
  }

  /** Rows of EntityDefinition by object name. */
  async entities(
    objects: readonly ListedObject[],
    signal: AbortSignal,
  ): Promise<Found<ReadonlyMap<string, EntityRow>>> {
    const queries = groupForQueries(objects.map((listed) => ({ id: listed.name, rows: 1 }))).map(
      (ids): Query => ({ columns: ENTITY_COLUMNS, ids }),
    );
    const { found, lost } = await this.#find(
      queries,
      readEntityRow,
      'the descriptions of objects',
      signal,
    );
    return { found: new Map(found.map((row) => [row.QualifiedApiName, row])), lost };
  }

  /** Rows of FieldDefinition of these objects that say something: a call for each MAX_QUERIES queries they need. */
  async fields(
    objects: readonly Counted[],
    signal: AbortSignal,
  ): Promise<Found<readonly FieldRow[]>> {
    return this.#find(
      groupForQueries(objects).map((ids): Query => ({ columns: FIELD_COLUMNS, ids })),
      readFieldRow,
      'the descriptions of fields',
      signal,
    );
  }

  async #find<T>(
    queries: readonly Query[],
    read: ReadRow<T>,
    what: string,
    signal: AbortSignal,
    tries = TRIES,
  ): Promise<Found<readonly T[]>> {
    const found: T[] = [];
    let lost = false;
    for (let at = 0; at < queries.length && !this.#off; at += MAX_QUERIES) {
      const together = queries.slice(at, at + MAX_QUERIES);
      const extra = this.#extra;
      const answers = await this.#ask(
        together.map((query) => soql(query, extra)),
        read,
        what,
        signal,
      );
      for (const [index, query] of together.entries()) {
        const answer = answers[index]!;
        const some =
          answer instanceof RunnerError
            ? await this.#findInstead({ query, error: answer, extra, tries }, read, what, signal)
            : { found: answer, lost: false };
        for (const row of some.found) found.push(row);
        lost ||= some.lost;
      }
    }
    return { found, lost };
  }

  async #ask<T>(
    queries: readonly string[],
    read: ReadRow<T>,
    what: string,
    signal: AbortSignal,
  ): Promise<readonly (readonly T[] | RunnerError)[]> {
    try {
      return await queryRows(
        { api: this.#options.api, version: this.#options.version, what },
        queries,
        read,
        signal,
      );
    } catch (thrown) {
      const error = rethrowIfRunEnds(thrown, signal);
      return queries.map(() => error);
    }
  }

  /** What can be had of a query that was refused. */
  async #findInstead<T>(
    { query, error, extra, tries }: Refused,
    read: ReadRow<T>,
    what: string,
    signal: AbortSignal,
  ): Promise<Found<readonly T[]>> {
    if (endsRun(error, signal)) throw error;
    if (extra && salesforceCode(error) === 'INVALID_FIELD') {
      this.#doWithout();
      return this.#find([query], read, what, signal);
    }
    // An answer that is not whole: the next one may be.
    if (error.code === 'SALESFORCE_UNEXPECTED' && error.retryable && tries > 1)
      return this.#find([query], read, what, signal, tries - 1);
    // An object can have more fields than its describe shows, so that a query has more rows than were counted.
    if (salesforceCode(error) === 'EXCEEDED_ID_LIMIT') {
      const middle = Math.ceil(query.ids.length / 2);
      const halves = [query.ids.slice(0, middle), query.ids.slice(middle)].filter(
        (ids) => ids.length > 0 && ids.length < query.ids.length,
      );
      return this.#find(
        halves.map((ids) => ({ ...query, ids })),
        read,
        what,
        signal,
      );
    }
    this.#giveUp(error, what);
    return { found: [], lost: !this.#off };
  }

  #doWithout(): void {
    if (!this.#extra) return;
    this.#extra = false;
    this.#options.logger.log(
      'warn',
      'The org lacks some columns of its catalogue: classifications, owners, sharing and roll-ups go unread',
    );
  }

  /** What is refused once will be refused again; anything else may have been one query's bad luck. */
  #giveUp(error: RunnerError, what: string): void {
    const forGood =
      error.code === 'SALESFORCE_FORBIDDEN' ||
      error.code === 'SALESFORCE_NOT_FOUND' ||
      error.code === 'SALESFORCE_API_DISABLED';
    if (this.#off) return;
    this.#off = forGood;
    this.#options.logger.log(
      'warn',
      forGood
        ? 'descriptions are not available; grant the user the permission View Setup and Configuration'
        : 'failed to read some descriptions',
      { what, code: error.code, reason: error.message },
    );
  }
}

/** A query that was refused, or answered with half of its rows. */
interface Refused {
  readonly query: Query;
  readonly error: RunnerError;
  /** Whether it asked for the extra columns. */
  readonly extra: boolean;
  /** Tries that are left, this one included. */
  readonly tries: number;
}

interface Query {
  readonly columns: Columns;
  readonly ids: readonly string[];
}

function soql({ columns: { table, by, always, extra: more }, ids }: Query, extra: boolean): string {
  return `SELECT ${always}${extra ? `, ${more}` : ''} FROM ${table} WHERE ${by} IN (${soqlLiterals(ids)})`;
}
