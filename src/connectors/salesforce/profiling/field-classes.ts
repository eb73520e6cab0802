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

export interface Sized {
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
 * Removes from the front of `objects` as many as one call can read the classes of, at most `max`.
 * Returns none only if there are none or `max` is 0.
 */
export function takeForOneCall<T extends Sized>(objects: T[], max: number): T[] {
  let [count, fields] = [0, 0];
  while (
    count < Math.min(max, objects.length) &&
    (count === 0 || fields + objects[count]!.fields <= MAX_FIELDS)
  )
    fields += objects[count++]!.fields;
  return objects.splice(0, count);
}

/** Every column is required: a missing column is not the same as one without a value. */
const rowSchema = z.object({
  QualifiedApiName: z.string(),
  IsCalculated: z.boolean(),
  SecurityClassification: z.string().nullable(),
  ComplianceGroup: z.string().nullable(),
  EntityDefinition: z.object({ QualifiedApiName: z.string() }),
});

/**
 * The field classes of these objects by object name, in one call; `objects` come from
 * `takeForOneCall`. Objects that the answer lacks, or has incompletely, are missing. Throws only
 * errors that end the run.
 */
export async function readFieldClasses(
  target: QueryTarget,
  objects: readonly Sized[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FieldClasses>> {
  const classes = new Map<string, Map<string, 'open' | 'closed'>>();
  try {
    await queryMany(
      target,
      groupsOf(objects).map(query),
      ({ status, body }) => {
        if (status !== 200) return;
        for (const row of readRows(body, rowSchema, target.what)) addRow(row, classes);
      },
      signal,
    );
  } catch (thrown) {
    rethrowIfRunEnds(thrown, signal);
    return new Map();
  }
  return classes;
}

function groupsOf(objects: readonly Sized[]): string[][] {
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
  return `SELECT QualifiedApiName, IsCalculated, SecurityClassification, ComplianceGroup, EntityDefinition.QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName IN (${soqlLiterals(objects)})`;
}

function addRow(
  {
    QualifiedApiName,
    IsCalculated,
    SecurityClassification,
    ComplianceGroup,
    EntityDefinition,
  }: z.infer<typeof rowSchema>,
  classes: Map<string, Map<string, 'open' | 'closed'>>,
): void {
  const ofObject =
    classes.get(EntityDefinition.QualifiedApiName) ?? new Map<string, 'open' | 'closed'>();
  const closed = IsCalculated || isFilled(SecurityClassification) || isFilled(ComplianceGroup);
  classes.set(
    EntityDefinition.QualifiedApiName,
    ofObject.set(QualifiedApiName, closed ? 'closed' : 'open'),
  );
}

function isFilled(text: string | null): boolean {
  return text !== null && text !== '';
}
