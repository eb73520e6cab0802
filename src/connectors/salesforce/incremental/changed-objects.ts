import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import { z } from 'zod';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import type { SalesforceApi } from '../api/api.ts';
import { readPageEnd, readRows } from '../api/pages.ts';
import { endsRun } from '../api/run-ending.ts';
import { isDescribable } from '../describe/object-kind.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { groupForQueries, type QueryGroup } from '../api/soql.ts';
import { type EntityRow, readEntityRow } from '../describe/definition-rows.ts';
import { entityQuery } from '../describe/definitions.ts';
import { rejection, salesforceCode } from '../api/rejection.ts';
import { isModifiedSince } from './dates.ts';
import { shortId } from '../setup/durable-id.ts';
import type { QueryAnswer } from '../api/query-many.ts';
import { type QueryPool, queryPooled, type SizedQuery, wholeBody } from '../api/query-pool.ts';

const WHAT = 'changes since the previous run';
/** Objects of one query: half a page, so that calls can take equally long. */
const MAX_ENTITIES = 1000;

/**
 * Setup tables whose rows belong to an object. `owner` is the column with the object's durable id
 * or name.
 */
const OWNED_TABLES = [
  { table: 'CustomField', owner: 'TableEnumOrId', required: true },
  { table: 'ValidationRule', owner: 'EntityDefinitionId', required: false },
  { table: 'ApexTrigger', owner: 'EntityDefinitionId', required: false },
  { table: 'RecordType', owner: 'SobjectType', required: false },
] as const;

const rowSchema = z.record(z.string(), z.unknown());
type Row = z.infer<typeof rowSchema>;

export interface ChangesDeps {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
  readonly pool?: QueryPool | undefined;
}

export interface Changes {
  /** Names of objects. */
  readonly names: ReadonlySet<string>;
  /** Rows of EntityDefinition by object name, of all objects. */
  readonly entities: ReadonlyMap<string, EntityRow>;
}

/**
 * The objects changed since `since` (an HTTP date of the org), including changes of their
 * custom fields, validation rules, triggers and record types. One call covers some thousands of
 * objects. It does not see deletions of these, new values of a standard picklist, or changed
 * permissions of the user; these wait for the next full run.
 *
 * `unknown` when there are too many changes or an answer is missing: read everything. `forbidden`
 * when the user may not read EntityDefinition, so that describe results are all that can be read of
 * an object.
 */
export async function changedSince(
  deps: ChangesDeps,
  objects: readonly ListedObject[],
  since: string,
  signal: AbortSignal,
): Promise<Changes | 'unknown' | 'forbidden'> {
  try {
    return await queryChanges(deps, objects, since, signal);
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (endsRun(error, signal) || error.code !== 'SALESFORCE_UNEXPECTED') throw error;
    logUnknown(deps, errorFields(error));
    return 'unknown';
  }
}

async function queryChanges(
  deps: ChangesDeps,
  objects: readonly ListedObject[],
  since: string,
  signal: AbortSignal,
): ReturnType<typeof changedSince> {
  const from = Date.parse(since);
  const [owned, entities] = await Promise.all([
    queryPooled({ ...deps, what: WHAT }, ownedQueries(from), ownedAnswer, signal),
    queryEntities(deps, objects, signal),
  ]);
  if (entities.some(({ forbidden }) => forbidden)) return 'forbidden';
  const owners = OWNED_TABLES.map(({ owner }, index) =>
    owned[index]!.rows?.map((row) => textIn(row, owner)),
  );
  const rows = entities.map((answer) => answer.rows);
  if (!allDefined(owners) || !allDefined(rows)) {
    logUnknown(deps);
    return 'unknown';
  }
  const changedOwners = new Set(owners.flat().map(shortId));
  const all = rows.flat();
  return {
    names: new Set(
      all
        .filter((row) => isChanged(row, from, changedOwners))
        .map((row) => textIn(row, 'QualifiedApiName')),
    ),
    entities: new Map(all.map(readEntityRow).map((row) => [row.QualifiedApiName, row])),
  };
}

function ownedQueries(from: number): SizedQuery[] {
  const time = new Date(from).toISOString();
  return OWNED_TABLES.map(({ table, owner }) => ({
    query: `SELECT ${owner} FROM ${table} WHERE LastModifiedDate >= ${time}`,
    rows: 1,
  }));
}

/**
 * With the columns that the catalog shows, so that the objects to read need no query of their own.
 * Orgs and API versions may lack some of them.
 */
async function queryEntities(
  deps: ChangesDeps,
  objects: readonly ListedObject[],
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  const names = objects.filter(isDescribable).map(({ name }) => ({ id: name, rows: 1 }));
  const groups = groupForQueries(names, evenRows(names.length));
  const ask = (withExtra: boolean): Promise<readonly Answer[]> =>
    queryPooled({ ...deps, what: WHAT }, entityQueries(groups, withExtra), entityAnswer, signal);
  const answers = await ask(true);
  return answers.some(({ lacksColumn }) => lacksColumn) ? ask(false) : answers;
}

/** As equal as possible, since a call takes as long as its longest query. */
function evenRows(objects: number): number {
  return Math.ceil(objects / Math.ceil(objects / MAX_ENTITIES));
}

function entityQueries(groups: readonly QueryGroup[], withExtra: boolean): SizedQuery[] {
  return groups.map(({ ids, rows }) => ({
    query: entityQuery(ids, 'LastModifiedDate', withExtra),
    rows,
  }));
}

function isChanged(row: Row, from: number, changedOwners: ReadonlySet<string>): boolean {
  return (
    isModifiedSince(textIn(row, 'LastModifiedDate'), from) ||
    changedOwners.has(shortId(textIn(row, 'DurableId'))) ||
    changedOwners.has(textIn(row, 'QualifiedApiName'))
  );
}

function logUnknown({ logger }: ChangesDeps, data?: Readonly<Record<string, unknown>>): void {
  logger.log(
    'warn',
    'failed to determine what changed since the previous run; reading all objects',
    data,
  );
}

interface Answer {
  readonly forbidden: boolean;
  readonly lacksColumn: boolean;
  /** Undefined if the rows are not usable. */
  readonly rows: readonly Row[] | undefined;
}

function ownedAnswer(answer: QueryAnswer): Answer {
  return answerOf(answer, OWNED_TABLES[answer.index]!.required);
}

function entityAnswer(answer: QueryAnswer): Answer {
  return answerOf(answer, true);
}

function answerOf(answer: QueryAnswer, required: boolean): Answer {
  const { status, body } = answer;
  const error = status === 200 ? undefined : rejection(status, body, WHAT);
  return {
    forbidden: error !== undefined && FORBIDDEN.has(error.code),
    lacksColumn: error !== undefined && salesforceCode(error) === 'INVALID_FIELD',
    rows: error === undefined ? rowsIn(wholeBody(answer, WHAT)) : rowsInstead(error, required),
  };
}

const FORBIDDEN: ReadonlySet<string> = new Set([
  'SALESFORCE_FORBIDDEN',
  'SALESFORCE_NOT_FOUND',
  'SALESFORCE_API_DISABLED',
]);

/**
 * Undefined for more rows than one page holds. Throws SALESFORCE_UNEXPECTED for an incomplete
 * answer.
 */
function rowsIn(body: unknown): readonly Row[] | undefined {
  return readPageEnd(body, WHAT).next === undefined ? readRows(body, rowSchema, WHAT) : undefined;
}

/**
 * Undefined if the query is required or the rejection is transient. Throws
 * SALESFORCE_LIMIT_REACHED.
 */
function rowsInstead(error: RunnerError, required: boolean): readonly Row[] | undefined {
  if (error.code === 'SALESFORCE_LIMIT_REACHED') throw error;
  return required || error.retryable ? undefined : [];
}

function allDefined<T>(values: readonly (T | undefined)[]): values is readonly T[] {
  return values.every((value) => value !== undefined);
}

function textIn(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : '';
}
