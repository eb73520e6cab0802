import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import type { SalesforceApi } from '../api/api.ts';
import { type Counted, groupForQueries, soqlLiterals } from '../api/soql.ts';
import { ENTITY_ROWS, type EntityRow, FIELD_ROWS, type FieldRow } from './definition-rows.ts';
import type { ListedObject } from './object-list.ts';
import { inGroups, MAX_QUERIES } from '../api/query-many.ts';
import { queryRows, type RowReader } from '../api/query-rows.ts';
import { salesforceCode } from '../api/rejection.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';

/** Tries of a query whose answer is incomplete. */
const TRIES = 3;

/** `extra` are columns that orgs and API versions may lack; the rest is then read without them. */
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

export interface DefinitionReaderDeps {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
}

/** What was found. `lost`: there may be more, which a passing error hid. */
export interface Found<T> {
  readonly found: T;
  readonly lost: boolean;
}

/** Rejections that the next query would meet too. */
const FINAL: ReadonlySet<string> = new Set([
  'SALESFORCE_FORBIDDEN',
  'SALESFORCE_NOT_FOUND',
  'SALESFORCE_API_DISABLED',
]);

/**
 * Reads what administrators wrote about objects and fields, from the Tooling API. Definitions are
 * an extra: where the user may not read them, one warning says so and the extraction continues
 * without them.
 */
export class DefinitionReader {
  readonly #deps: DefinitionReaderDeps;
  #isOff = false;
  #withExtra = true;

  constructor(deps: DefinitionReaderDeps) {
    this.#deps = deps;
  }

  /** Rows of EntityDefinition by object name. */
  async entities(
    objects: readonly ListedObject[],
    signal: AbortSignal,
  ): Promise<Found<ReadonlyMap<string, EntityRow>>> {
    const counted = objects.map(({ name }) => ({ id: name, rows: 1 }));
    const what = 'the descriptions of objects';
    const { found, lost } = await this.#find(queriesFor(ENTITY_COLUMNS, counted), {
      rows: ENTITY_ROWS,
      what,
      signal,
      tries: TRIES,
    });
    return { found: new Map(found.map((row) => [row.QualifiedApiName, row])), lost };
  }

  /**
   * Rows of FieldDefinition of these objects that add to the describe: one call for MAX_QUERIES
   * queries.
   */
  async fields(
    objects: readonly Counted[],
    signal: AbortSignal,
  ): Promise<Found<readonly FieldRow[]>> {
    const what = 'the descriptions of fields';
    return this.#find(queriesFor(FIELD_COLUMNS, objects), {
      rows: FIELD_ROWS,
      what,
      signal,
      tries: TRIES,
    });
  }

  async #find<T>(queries: readonly Query[], search: Search<T>): Promise<Found<readonly T[]>> {
    const found: T[] = [];
    let lost = false;
    for (const group of inGroups(queries, MAX_QUERIES)) {
      if (this.#isOff) break;
      const extra = this.#withExtra;
      const answers = await this.#query(group, extra, search);
      for (const [index, query] of group.entries()) {
        const answer = answers[index]!;
        const part =
          answer instanceof RunnerError
            ? await this.#recover({ query, error: answer, extra }, search)
            : { found: answer, lost: false };
        for (const row of part.found) found.push(row);
        lost ||= part.lost;
      }
    }
    return { found, lost };
  }

  async #query<T>(
    queries: readonly Query[],
    extra: boolean,
    { rows, what, signal }: Search<T>,
  ): Promise<readonly (readonly T[] | RunnerError)[]> {
    const { api, version } = this.#deps;
    const texts = queries.map((query) => ({ query: soqlOf(query, extra), rows: query.ids.length }));
    try {
      return await queryRows({ api, version, what }, texts, rows, signal);
    } catch (thrown) {
      const error = rethrowIfRunEnds(thrown, signal);
      return queries.map(() => error);
    }
  }

  /** The rows of a query that failed, by other queries where that may help. */
  async #recover<T>(
    { query, error, extra }: FailedQuery,
    search: Search<T>,
  ): Promise<Found<readonly T[]>> {
    rethrowIfRunEnds(error, search.signal);
    if (extra && salesforceCode(error) === 'INVALID_FIELD') {
      this.#dropExtra();
      return this.#find([query], { ...search, tries: TRIES });
    }
    // An incomplete answer: the next one may be complete.
    if (error.code === 'SALESFORCE_UNEXPECTED' && error.retryable && search.tries > 1)
      return this.#find([query], { ...search, tries: search.tries - 1 });
    // An object may have more fields than its describe shows, so a query may have more rows than
    // expected.
    if (salesforceCode(error) === 'EXCEEDED_ID_LIMIT')
      return this.#find(halves(query), { ...search, tries: TRIES });
    this.#noteFailure(error, search.what);
    return { found: [], lost: !this.#isOff };
  }

  #dropExtra(): void {
    if (!this.#withExtra) return;
    this.#withExtra = false;
    this.#deps.logger.log(
      'warn',
      'the org lacks some columns of EntityDefinition or FieldDefinition; classifications, owners, sharing and roll-ups are not read',
    );
  }

  #noteFailure(error: RunnerError, what: string): void {
    if (this.#isOff) return;
    this.#isOff = FINAL.has(error.code);
    this.#deps.logger.log(
      'warn',
      this.#isOff
        ? 'descriptions are not available; grant the user the permission View Setup and Configuration'
        : 'failed to read some descriptions',
      { what, ...errorFields(error) },
    );
  }
}

/** What queries look for. */
interface Search<T> {
  readonly rows: RowReader<T>;
  readonly what: string;
  readonly signal: AbortSignal;
  /** Remaining tries of a query whose answer is incomplete. */
  readonly tries: number;
}

interface FailedQuery {
  readonly query: Query;
  readonly error: RunnerError;
  /** Whether it included the extra columns. */
  readonly extra: boolean;
}

interface Query {
  readonly columns: Columns;
  readonly ids: readonly string[];
}

function queriesFor(columns: Columns, objects: readonly Counted[]): Query[] {
  return groupForQueries(objects).map(({ ids }) => ({ columns, ids }));
}

/** A query for rows that `readEntityRow` reads, with this column in addition. */
export function entityQuery(ids: readonly string[], column: string, withExtra: boolean): string {
  const { always } = ENTITY_COLUMNS;
  const columns = { ...ENTITY_COLUMNS, always: `${always}, ${column}` };
  return soqlOf({ columns, ids }, withExtra);
}

/** None for a query with a single id, which cannot be split. */
function halves({ columns, ids }: Query): Query[] {
  if (ids.length < 2) return [];
  const middle = Math.ceil(ids.length / 2);
  return [ids.slice(0, middle), ids.slice(middle)].map((half) => ({ columns, ids: half }));
}

function soqlOf(
  {
    columns,
    ids,
  }: { readonly columns: Record<keyof Columns, string>; readonly ids: readonly string[] },
  withExtra: boolean,
): string {
  const { table, by, always, extra } = columns;
  return `SELECT ${always}${withExtra ? `, ${extra}` : ''} FROM ${table} WHERE ${by} IN (${soqlLiterals(ids)})`;
}
