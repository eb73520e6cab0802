/**
 * What a run does to the catalog. Invariants:
 * - A run touches what its own service has, and nothing else.
 * - What is written takes effect with its batch.
 * - Nothing is removed, or taken for unchanged, before the outcome has vouched for the whole stream: a lost or garbled run
 *   cannot empty a catalog.
 * - Removing keeps the entity; it is there again when a later run writes or sees it.
 */
import { catalogRecordOf, isCounted, mayWrite, type CatalogRecord } from '../catalog-record.ts';
import type { Ground } from '../settings.ts';
import type { Attempt, Run, Transaction } from '../store/store.ts';
import { parseRecord, type ParsedRecord } from './batch.ts';
import { isGone } from './sweep.ts';

/** Applies what a batch brought. The number of entities that the attempt had not written before. */
export async function applyToCatalog(tx: Transaction, ground: Ground, run: Run, attempt: Attempt, records: readonly ParsedRecord[]): Promise<number> {
  let entities = 0;
  for (const { value } of records) {
    const record = catalogRecordOf(value);
    if (record === undefined) continue;
    if (!mayWrite(run.service, record)) ground.log.warn({ run: run.id, kind: record.kind }, 'a record about another service was not taken over');
    else if (await apply(tx, ground, run, attempt, record)) entities++;
  }
  return entities;
}

/** Whether it was an entity that counts and that the attempt had not written before. */
async function apply(tx: Transaction, ground: Ground, { id: runId, service }: Run, { attempt, epoch }: Attempt, record: CatalogRecord): Promise<boolean> {
  const now = ground.clock.now();
  switch (record.kind) {
    case 'entity': {
      const { type, fqn, request, properties } = record;
      return await tx.entities.upsert({ service, type, fqn, request, properties, runId, attempt, epoch, updatedAt: now }) && isCounted(type);
    }
    case 'lineage': {
      const { from, to, details } = record;
      await tx.lineage.save({ service, from, to, details, runId, updatedAt: now });
      return false;
    }
    default: return false;
  }
}

const PAGE = 200;

export interface Findings {
  /** Entities that were there until now. */
  readonly removed: number;
  /** Entities that the runner says have not changed, and that are not known here. */
  readonly unknown: number;
}

/** Applies what an attempt that ended well found to be unchanged or gone. */
export async function applyFindings(tx: Transaction, run: Run, attempt: Attempt, now: number): Promise<Findings> {
  let [removed, unknown] = [0, 0];
  for await (const record of recordsOf(tx, run, attempt, ['unchanged', 'deletion', 'sweep'])) {
    removed += await applyRemoval(tx, run.service, record, now);
    if (record.kind === 'unchanged') unknown += await countUnknown(tx, run, record, now);
  }
  return { removed, unknown };
}

async function* recordsOf(tx: Transaction, run: Run, attempt: Attempt, kinds: readonly string[]): AsyncGenerator<CatalogRecord> {
  for (const kind of kinds) {
    for (let after = 0; ;) {
      const page = await tx.records.ofAttempt(run.id, attempt.epoch, { after, limit: PAGE }, kind);
      const records = page.map(({ line }) => catalogRecordOf(parseRecord(line).value)).filter((record) => record !== undefined);
      yield* records.filter((record) => mayWrite(run.service, record));
      if (page.length < PAGE) break;
      after = page.at(-1)!.sequence;
    }
  }
}

async function countUnknown(tx: Transaction, { id: runId, service }: Run, { type, fqns }: { readonly type: string; readonly fqns: readonly string[] }, at: number): Promise<number> {
  let unknown = 0;
  for (const fqn of fqns) if (!(await tx.entities.seen({ service, type, fqn }, { runId, at }))) unknown++;
  return unknown;
}

async function applyRemoval(tx: Transaction, service: string, record: CatalogRecord, now: number): Promise<number> {
  if (record.kind === 'deletion') return tx.entities.remove({ service, type: record.type, fqn: record.fqn }, now);
  const test = record.kind === 'sweep' ? isGone(record) : undefined;
  if (record.kind !== 'sweep' || test === undefined) return 0;
  let removed = 0;
  for (const fqn of await tx.entities.within({ service, type: record.type, parent: record.parent })) {
    if (test(fqn)) removed += await tx.entities.remove({ service, type: record.type, fqn }, now);
  }
  return removed;
}
