import type { Attempt, Run, Transaction } from '../store/store.ts';
import { attemptScope, clearRevision, staysRemoved, type AttemptScope } from './catalog-effects.ts';
import { quoted, type CatalogRecord } from './catalog-record.ts';
import { storedRecords } from './stored-records.ts';
import { removalTest } from './sweep.ts';

const KINDS = ['unchanged', 'deletion', 'sweep', 'lineageSweep'];

export interface Findings {
  /** Entities that are deleted now and were not before. */
  readonly removed: number;
  /** Entities that the runner reported as unchanged and that the catalog lacks. */
  readonly unknown: number;
}

/** Applies what a successful attempt found to be unchanged or removed. */
export async function applyFindings(
  tx: Transaction,
  run: Run,
  attempt: Attempt,
  now: number,
): Promise<Findings> {
  const kinds = await tx.records.kindsAmong(run.id, KINDS);
  if (kinds.length === 0) return { removed: 0, unknown: 0 };
  const scope = await attemptScope(tx, run, attempt, now);
  const id = { runId: run.id, epoch: attempt.epoch };
  let [removed, revived, unknown, edges] = [0, 0, 0, 0];
  for await (const record of storedRecords(tx, run.service, id, kinds)) {
    removed += await applyRemoval(scope, record);
    edges += await deleteLineage(scope, record);
    if (record.kind !== 'unchanged') continue;
    const seen = await applyUnchanged(scope, record);
    revived += seen.revived;
    unknown += seen.unknown;
  }
  if (removed + revived + edges > 0) await clearRevision(scope);
  return { removed, unknown };
}

async function applyUnchanged(
  scope: AttemptScope,
  { type, fqns }: Extract<CatalogRecord, { kind: 'unchanged' }>,
): Promise<{ readonly revived: number; readonly unknown: number }> {
  const { tx, run, attempt, now } = scope;
  const sighting = { runId: run.id, generation: attempt.generation, at: now };
  let [revived, unknown] = [0, 0];
  for (const fqn of fqns) {
    if (await staysRemoved(scope, type, fqn)) continue;
    const { known, changed } = await tx.entities.seen(
      { service: run.service, type, fqn },
      sighting,
    );
    if (!known) unknown++;
    if (changed) revived++;
  }
  return { revived, unknown };
}

async function applyRemoval(
  { tx, run: { service }, attempt, now }: AttemptScope,
  record: CatalogRecord,
): Promise<number> {
  const by = { generation: attempt.generation, at: now };
  if (record.kind === 'deletion')
    return tx.entities.remove({ service, type: record.type, fqn: record.fqn }, by);
  const isRemoved = record.kind === 'sweep' ? removalTest(record) : undefined;
  if (record.kind !== 'sweep' || isRemoved === undefined) return 0;
  const { type, parent } = record;
  let removed = 0;
  for (const fqn of await tx.entities.childrenOf({ service, type, parent }))
    if (isRemoved(fqn)) removed += await tx.entities.remove({ service, type, fqn }, by);
  return removed;
}

/**
 * Deletes edges that the run did not report although it reported all edges of their kind. Edges
 * keep no history.
 */
async function deleteLineage(
  { tx, run: { service }, attempt: { generation } }: AttemptScope,
  record: CatalogRecord,
): Promise<number> {
  if (record.kind !== 'lineageSweep') return 0;
  const tables = record.tables.map((name) => `${record.parent}.${quoted(name)}`);
  return tx.lineage.deleteOlder({ service, tables, source: record.source, generation });
}
