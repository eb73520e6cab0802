import { z } from 'zod';
import type { Logger } from '../../../observability/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import type { SalesforceApi } from '../api/api.ts';
import { readComposite, type Part, type PartAnswer } from '../api/composite.ts';
import { readPageEnd, readRows } from '../api/pages.ts';
import { endsRun } from '../api/run-ending.ts';
import { isDescribable } from '../describe/object-kind.ts';
import type { ListedObject } from '../describe/object-list.ts';
import { soqlLiterals, groupForQueries } from '../api/soql.ts';
import { refusal } from '../api/refusal.ts';
import { isModifiedSince } from './dates.ts';
import { shortId } from '../setup/setup-objects.ts';
import { MAX_QUERIES } from '../api/query-many.ts';

const WHAT = 'what changed since the last run';

/** Tables of Setup whose rows belong to an object, with the column that says to which: by durable id or by name. */
const PARTS_OF_OBJECTS = [
  { table: 'CustomField', owner: 'TableEnumOrId', needed: true },
  { table: 'ValidationRule', owner: 'EntityDefinitionId', needed: false },
  { table: 'ApexTrigger', owner: 'EntityDefinitionId', needed: false },
  { table: 'RecordType', owner: 'SobjectType', needed: false },
] as const;

const rowSchema = z.record(z.string(), z.unknown());
type Row = z.infer<typeof rowSchema>;

export interface ChangesOptions {
  readonly api: SalesforceApi;
  readonly version: string;
  readonly logger: Logger;
}

/**
 * Names of the objects that administrators changed since `since` (the org's time, as HTTP writes it), or whose custom
 * fields, validation rules, triggers or record types they changed: a call for some thousands of objects. What it cannot see
 * (what was deleted of these, new values of a standard picklist, the permissions of the user) waits for the next whole
 * reading. `tooMuch` when so much changed that reading all is simpler; `closed` when the user may not read what the
 * catalogue of the org says of objects, which leaves their describes as all there is to read of them.
 */
export async function changedSince(
  options: ChangesOptions,
  objects: readonly ListedObject[],
  since: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | 'tooMuch' | 'closed'> {
  try {
    return await look(options, objects, since, signal);
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (endsRun(error, signal) || error.code !== 'SALESFORCE_UNEXPECTED') throw error;
    options.logger.log(
      'info',
      'What changed since the last run cannot be told; everything is read',
      { reason: error.message },
    );
    return 'tooMuch';
  }
}

async function look(
  options: ChangesOptions,
  objects: readonly ListedObject[],
  since: string,
  signal: AbortSignal,
): ReturnType<typeof changedSince> {
  const from = Date.parse(since);
  const moment = new Date(from).toISOString();
  const names = groupForQueries(
    objects.filter(isDescribable).map(({ name }) => ({ id: name, rows: 1 })),
  );
  const answers = await ask(
    options,
    [
      ...PARTS_OF_OBJECTS.map(
        ({ table, owner }) => `SELECT ${owner} FROM ${table} WHERE LastModifiedDate >= ${moment}`,
      ),
      ...names.map(
        (group) =>
          `SELECT QualifiedApiName, DurableId, LastModifiedDate FROM EntityDefinition WHERE QualifiedApiName IN (${soqlLiterals(group)})`,
      ),
    ],
    signal,
  );
  if (answers.slice(PARTS_OF_OBJECTS.length).some(({ closed }) => closed)) return 'closed';
  const owners = PARTS_OF_OBJECTS.map(({ owner }, index) =>
    answers[index]!.rows?.map((row) => textIn(row, owner)),
  );
  const entities = answers.slice(PARTS_OF_OBJECTS.length).map(({ rows }) => rows);
  if (!allKnown(owners) || !allKnown(entities)) {
    options.logger.log(
      'info',
      'What changed since the last run cannot be told; everything is read',
    );
    return 'tooMuch';
  }
  const touched = new Set(owners.flat().map(shortId));
  return new Set(
    entities
      .flat()
      .filter(
        (row) =>
          isModifiedSince(textIn(row, 'LastModifiedDate'), from) ||
          touched.has(shortId(textIn(row, 'DurableId'))) ||
          touched.has(textIn(row, 'QualifiedApiName')),
      )
      .map((row) => textIn(row, 'QualifiedApiName')),
  );
}

async function ask(
  { api, version }: ChangesOptions,
  queries: readonly string[],
  signal: AbortSignal,
): Promise<Answer[]> {
  const base = `/services/data/v${version}/tooling`;
  const parts = queries.map((query, index): Part => ({
    referenceId: `q${index}`,
    url: `${base}/query?q=${encodeURIComponent(query)}`,
  }));
  const answers = new Map<string, Answer>();
  for (let at = 0; at < parts.length; at += MAX_QUERIES) {
    for (const [id, answer] of await readComposite(
      api,
      { path: `${base}/composite`, parts: parts.slice(at, at + MAX_QUERIES), what: WHAT },
      (part) => ({ closed: isClosed(part), rows: rowsOf(part, isNeeded(part.referenceId)) }),
      signal,
    ))
      answers.set(id, answer);
  }
  return parts.map(({ referenceId }) => answers.get(referenceId)!);
}

interface Answer {
  readonly closed: boolean;
  readonly rows: readonly Row[] | undefined;
}

/** The first queries are about parts of objects, the others about objects themselves. */
function isNeeded(referenceId: string): boolean {
  return PARTS_OF_OBJECTS[Number(referenceId.slice(1))]?.needed ?? true;
}

/**
 * Undefined when there are more rows than one answer holds, when it is needed and may not be read, or when what refused it may
 * pass. Throws SALESFORCE_LIMIT_REACHED, and SALESFORCE_UNEXPECTED for an answer that is not whole.
 */
function rowsOf({ status, body }: PartAnswer, needed: boolean): readonly Row[] | undefined {
  if (status !== 200) {
    const error = refusal(status, body, WHAT);
    if (error.code === 'SALESFORCE_LIMIT_REACHED') throw error;
    return needed || error.retryable ? undefined : [];
  }
  return readPageEnd(body, WHAT).next === undefined ? readRows(body, rowSchema, WHAT) : undefined;
}

const CLOSED: ReadonlySet<string> = new Set([
  'SALESFORCE_FORBIDDEN',
  'SALESFORCE_NOT_FOUND',
  'SALESFORCE_API_DISABLED',
]);

function isClosed({ status, body }: PartAnswer): boolean {
  return status !== 200 && CLOSED.has(refusal(status, body, WHAT).code);
}

function allKnown<T>(values: readonly (T | undefined)[]): values is readonly T[] {
  return values.every((value) => value !== undefined);
}

function textIn(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : '';
}
