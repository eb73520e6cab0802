import type {
  LineageRecord,
  LineageSweepRecord,
} from '../../../../foundation/src/domain/record.ts';
import { entityName, fullyQualifiedName } from '../../../../openmetadata/src/names.ts';
import { Lineage, LINEAGE_SOURCE, type LineageSummary } from '../lineage/lineage.ts';
import { completeRollUp } from '../lineage/roll-up-children.ts';
import type { RollUp } from '../mapping/field-properties.ts';
import type { FinalizeDeps } from './finalize-deps.ts';
import type { SentTables } from './sent-tables.ts';
import { MAX_RECORD_BYTES } from '../../sweep-records.ts';

/** The lineage between the tables of this run, and which of it is complete. */
export function* lineageRecords(
  deps: FinalizeDeps,
  tables: SentTables,
): Generator<LineageRecord | LineageSweepRecord, void, undefined> {
  const { databaseSchema, model, context } = deps;
  const fqn = (object: string, field?: string): string =>
    `${databaseSchema}.${fullyQualifiedName(...[object, ...(field === undefined ? [] : [field])].map(entityName))}`;
  const lineage = new Lineage({
    model,
    fqn,
    cut: context.cut,
    has: (object) => tables.has(object),
    rollUps: completeRollUps(deps, tables),
  });
  const records = lineage.records();
  let next = records.next();
  for (; next.done !== true; next = records.next()) {
    context.count('lineage', 1);
    yield next.value;
  }
  logFormulas(deps, next.value);
  yield* lineageSweep(deps, tables, next.value.incomplete);
}

function completeRollUps(
  { model }: FinalizeDeps,
  tables: SentTables,
): ReadonlyMap<string, ReadonlyMap<string, RollUp>> {
  const lookup = {
    named: (name: string) => tables.named(name),
    references: (object: string) => model.references(object),
  };
  return new Map(
    [...tables.rollUps].map(([object, fields]) => [
      object,
      new Map(
        [...fields].map(([field, rollUp]) => [field, completeRollUp(rollUp, object, lookup)]),
      ),
    ]),
  );
}

function logFormulas(
  { context }: FinalizeDeps,
  { formulas, unreadable, unresolved }: LineageSummary,
): void {
  if (formulas === 0) return;
  context.logger.log('info', 'formulas parsed', {
    formulas,
    unreadable: unreadable.length,
    unresolved,
    ...(unreadable.length === 0 ? {} : { firstUnreadable: unreadable.slice(0, 10) }),
  });
}

/**
 * Names the tables whose lineage is complete, so that the catalog can remove what it has beyond
 * that.
 */
function* lineageSweep(
  { databaseSchema, context }: FinalizeDeps,
  sent: SentTables,
  incomplete: ReadonlySet<string>,
): Generator<LineageSweepRecord, void, undefined> {
  const tables = sent.objects
    .filter((name) => !incomplete.has(name) && !sent.isPartial(name))
    .map(entityName)
    .toSorted();
  const record: LineageSweepRecord = {
    kind: 'lineageSweep',
    parent: databaseSchema,
    tables,
    source: LINEAGE_SOURCE,
  };
  const bytes = Buffer.byteLength(JSON.stringify(record));
  if (bytes > MAX_RECORD_BYTES)
    context.logger.log('warn', 'lineage sweep skipped: too many tables for one record', {
      tables: tables.length,
      bytes,
    });
  else if (tables.length > 0) yield record;
}
