import { z } from 'zod';
import { RunnerError } from '../../../runtime/errors.ts';
import { readComposite } from '../api/composite.ts';
import { readRows } from '../api/pages.ts';
import { soqlLiterals } from '../api/soql.ts';
import { MAX_QUERIES, type QueryTarget } from '../api/query-many.ts';
import { endsRun } from '../api/run-ending.ts';

/**
 * Whether a field's values may be shown, by its name. `closed`: it has a data sensitivity level or a compliance category, whichever;
 * or it is computed (a formula, a roll-up), maybe from fields that have one.
 */
export type FieldClasses = ReadonlyMap<string, 'open' | 'closed'>;

export interface Sized {
  readonly object: string;
  /** Fields that it has, those that nobody asks about too. */
  readonly fields: number;
}

/** These tables answer 2,000 rows; an object may have more fields than its describe shows. */
const MOST_ROWS = 1500;
/** Fields that one call is sure to have room for: objects are not split, so queries may stay half empty. */
const MOST_FIELDS = (MAX_QUERIES * MOST_ROWS) / 2;

/** Takes from the front of `objects` as many as one call can tell the classes of, at most `most`: none only if there is none to take. */
export function takeForOneCall<T extends Sized>(objects: T[], most: number): T[] {
  let [count, fields] = [0, 0];
  while (
    count < Math.min(most, objects.length) &&
    (count === 0 || fields + objects[count]!.fields <= MOST_FIELDS)
  )
    fields += objects[count++]!.fields;
  return objects.splice(0, count);
}

/** Every column has to be there: one that is missing is not the same as one without a value. */
const rowSchema = z.object({
  QualifiedApiName: z.string(),
  IsCalculated: z.boolean(),
  SecurityClassification: z.string().nullable(),
  ComplianceGroup: z.string().nullable(),
  EntityDefinition: z.object({ QualifiedApiName: z.string() }),
});

/**
 * What the org says of the fields of these objects, as many as `takeForOneCall` takes, by name of the object, in one call. An object that it does not speak
 * of, or not in full, is missing. Throws only what ends the extraction.
 */
export async function readFieldClasses(
  { api, version, what }: QueryTarget,
  objects: readonly Sized[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FieldClasses>> {
  const base = `/services/data/v${version}/tooling`;
  const parts = groupsOf(objects).map((group, index) => ({
    referenceId: `c${index}`,
    url: `${base}/query?q=${encodeURIComponent(query(group))}`,
  }));
  const classes = new Map<string, Map<string, 'open' | 'closed'>>();
  try {
    await readComposite(
      api,
      { path: `${base}/composite`, parts, what },
      ({ status, body }) => {
        if (status === 200) for (const row of readRows(body, rowSchema, what)) note(row, classes);
      },
      signal,
    );
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    if (endsRun(error, signal)) throw error;
    return new Map();
  }
  return classes;
}

function groupsOf(objects: readonly Sized[]): string[][] {
  const groups: string[][] = [];
  let rows = Infinity;
  for (const { object, fields } of objects) {
    if (rows + fields > MOST_ROWS) {
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

function note(
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
