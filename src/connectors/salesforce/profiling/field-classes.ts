import { z } from 'zod';
import { readRows } from '../api/pages.ts';
import { soqlLiterals } from '../api/soql.ts';
import { MAX_QUERIES, queryMany, type QueryTarget } from '../api/query-many.ts';
import { rethrowIfRunEnds } from '../api/run-ending.ts';

/**
 * Whether a field's values may be shown, by field name. `closed`: the field has a data sensitivity
 * level or a compliance category, or is computed (a formula, a roll-up), possibly from a field that
 * has one.
 */
export type FieldClasses = ReadonlyMap<string, 'open' | 'closed'>;

export interface ObjectSize {
  readonly object: string;
  /** All fields of the object, also those that are not requested. */
  readonly fields: number;
}

/**
 * FieldDefinition returns at most 2,000 rows, and an object may have more fields than its describe
 * shows.
 */
const MAX_ROWS = 1500;
/** Fields that always fit one call: an object is not split, so a query may stay half empty. */
const MAX_FIELDS = (MAX_QUERIES * MAX_ROWS) / 2;

/**
 * Removes from the front of `waiting` as many objects as one call can read the classes of, at most
 * `max`. Returns none only if there are none or `max` is 0.
 */
export function removeBatch<T extends ObjectSize>(waiting: T[], max: number): T[] {
  let count = 0;
  let fields = 0;
  for (const object of waiting.slice(0, max)) {
    fields += object.fields;
    if (count > 0 && fields > MAX_FIELDS) break;
    count += 1;
  }
  return waiting.splice(0, count);
}

/** Every column is required: a missing column is not the same as one without a value. */
const rowSchema = z.object({
  QualifiedApiName: z.string(),
  IsCalculated: z.boolean(),
  SecurityClassification: z.string().nullable(),
  ComplianceGroup: z.string().nullable(),
  EntityDefinition: z.object({ QualifiedApiName: z.string() }),
});

type Row = z.infer<typeof rowSchema>;

/**
 * The field classes of these objects by object name, in one call; `objects` come from
 * `removeBatch`. An object without rows in the response is absent; so are the objects of a query
 * that is rejected. Empty if any response is incomplete. Throws only errors that end the run.
 */
export async function readFieldClasses(
  target: QueryTarget,
  objects: readonly ObjectSize[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FieldClasses>> {
  try {
    const read = await queryMany(
      target,
      groupsOf(objects).map(query),
      ({ status, body }) => (status === 200 ? readRows(body, rowSchema, target.what) : []),
      signal,
    );
    return classesIn(read.flat());
  } catch (thrown) {
    rethrowIfRunEnds(thrown, signal);
    return new Map();
  }
}

function groupsOf(objects: readonly ObjectSize[]): string[][] {
  const groups: string[][] = [];
  let rows = Infinity;
  for (const { object, fields } of objects) {
    if (rows + fields > MAX_ROWS) {
      groups.push([]);
      rows = 0;
    }
    groups.at(-1)!.push(object);
    rows += fields;
  }
  return groups;
}

function query(objects: readonly string[]): string {
  return [
    'SELECT QualifiedApiName, IsCalculated, SecurityClassification, ComplianceGroup,',
    'EntityDefinition.QualifiedApiName FROM FieldDefinition',
    `WHERE EntityDefinition.QualifiedApiName IN (${soqlLiterals(objects)})`,
  ].join(' ');
}

function classesIn(rows: readonly Row[]): ReadonlyMap<string, FieldClasses> {
  const classes = new Map<string, Map<string, 'open' | 'closed'>>();
  for (const row of rows) {
    const object = row.EntityDefinition.QualifiedApiName;
    const fields = classes.get(object) ?? new Map<string, 'open' | 'closed'>();
    classes.set(object, fields.set(row.QualifiedApiName, classOf(row)));
  }
  return classes;
}

function classOf(row: Row): 'open' | 'closed' {
  const { IsCalculated, SecurityClassification, ComplianceGroup } = row;
  const isClosed = IsCalculated || isFilled(SecurityClassification) || isFilled(ComplianceGroup);
  return isClosed ? 'closed' : 'open';
}

function isFilled(text: string | null): boolean {
  return text !== null && text !== '';
}
