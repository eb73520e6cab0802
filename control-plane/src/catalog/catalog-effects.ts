/**
 * The effect of a run on the catalog. Invariants:
 * - A run changes only entities of its own service.
 * - Written entities take effect with their batch.
 * - Nothing is removed or counted as unchanged before the outcome has confirmed the whole stream: a
 *   lost or corrupt run cannot empty a catalog (findings.ts).
 * - A removed entity is kept, and returns when a later run writes or sees it.
 * - A run that is delivered late never overwrites, removes or restores what a later assignment
 *   reported.
 * - Every change to the catalog clears its revision in the same transaction.
 */
import type { Deps } from '../deps.ts';
import type { ParsedRecord } from '../link/batch.ts';
import { holder } from '../runs/run.ts';
import type { Effect } from '../store/entity.ts';
import type { Attempt, Run, Transaction } from '../store/store.ts';
import { canWrite, catalogRecordOf, isCounted, type CatalogRecord } from './catalog-record.ts';
import { changedBy } from './catalog-state.ts';
import { removedSince, type RemovedSince } from './removed-since.ts';

/** The attempt whose records are applied, within one transaction. */
export interface AttemptScope {
  readonly tx: Transaction;
  readonly run: Run;
  readonly attempt: Attempt;
  /**
   * What later assignments found to be removed; undefined when none has succeeded, which is usual.
   */
  readonly removed: RemovedSince | undefined;
  readonly now: number;
}

type EntityEffect = Effect & {
  /** The entity counts, and the attempt had not sent it before. */
  readonly counts: boolean;
};

const NO_EFFECT: EntityEffect = { applied: false, changed: false, counts: false };

/**
 * Applies the records of a batch. Returns the number of entities that the attempt had not sent
 * before.
 */
export async function applyToCatalog(
  tx: Transaction,
  deps: Deps,
  run: Run,
  attempt: Attempt,
  records: readonly ParsedRecord[],
): Promise<number> {
  const writable = [...writableRecords(deps, run, records)];
  if (writable.length === 0) return 0;
  const scope = await attemptScope(tx, run, attempt, deps.clock.now());
  let [entities, superseded, changed] = [0, 0, false];
  for (const record of writable) {
    const effect = await apply(scope, record);
    if (effect === undefined) continue;
    if (effect.counts) entities++;
    if (!effect.applied) superseded++;
    changed ||= effect.changed;
  }
  if (superseded > 0)
    deps.log.info(
      { run: run.id, superseded },
      'records ignored: a later run has reported these entities',
    );
  if (changed) await clearRevision(scope);
  return entities;
}

export async function attemptScope(
  tx: Transaction,
  run: Run,
  attempt: Attempt,
  now: number,
): Promise<AttemptScope> {
  const { service } = run;
  const { completedGeneration } = await tx.catalogStates.get(service);
  const removed =
    attempt.generation < completedGeneration
      ? await removedSince(tx, service, attempt.generation)
      : undefined;
  return { tx, run, attempt, removed, now };
}

/** Notes that the attempt has changed the catalog. */
export async function clearRevision({ tx, run, attempt }: AttemptScope): Promise<void> {
  const state = await tx.catalogStates.get(run.service);
  await tx.catalogStates.save(changedBy(state, attempt.generation));
}

/** Whether the entity is absent or deleted, and a later run found it removed from the source. */
export async function staysRemoved(
  { tx, run: { service }, removed }: AttemptScope,
  type: string,
  fqn: string,
): Promise<boolean> {
  if (removed === undefined || !removed.entity(type, fqn)) return false;
  const known = await tx.entities.get({ service, type, fqn });
  return known === undefined || known.deletedAt !== null;
}

function* writableRecords(
  deps: Deps,
  run: Run,
  records: readonly ParsedRecord[],
): Generator<CatalogRecord> {
  for (const { value } of records) {
    const record = catalogRecordOf(value);
    if (record === undefined) continue;
    if (canWrite(run.service, record)) yield record;
    else
      deps.log.warn(
        { runner: holder(run), run: run.id, kind: record.kind },
        'record ignored: it belongs to another service',
      );
  }
}

/** Undefined for a record that takes effect with the outcome. */
async function apply(
  scope: AttemptScope,
  record: CatalogRecord,
): Promise<EntityEffect | undefined> {
  switch (record.kind) {
    case 'entity':
      return applyEntity(scope, record);
    case 'lineage':
      return applyLineage(scope, record);
    default:
      return undefined;
  }
}

async function applyEntity(
  scope: AttemptScope,
  { type, fqn, request, properties }: Extract<CatalogRecord, { kind: 'entity' }>,
): Promise<EntityEffect> {
  if (await staysRemoved(scope, type, fqn)) return NO_EFFECT;
  const { tx, run, attempt, now } = scope;
  const { first, ...effect } = await tx.entities.upsert({
    service: run.service,
    type,
    fqn,
    request,
    properties,
    runId: run.id,
    attempt: attempt.attempt,
    epoch: attempt.epoch,
    generation: attempt.generation,
    updatedAt: now,
  });
  return { ...effect, counts: first && isCounted(type) };
}

async function applyLineage(
  { tx, run, attempt, removed, now }: AttemptScope,
  { from, to, details }: Extract<CatalogRecord, { kind: 'lineage' }>,
): Promise<EntityEffect> {
  if (removed?.edge(from, to, details['source']) === true) return NO_EFFECT;
  const applied = await tx.lineage.save({
    service: run.service,
    from,
    to,
    details,
    runId: run.id,
    generation: attempt.generation,
    updatedAt: now,
  });
  return { applied, changed: applied, counts: false };
}
