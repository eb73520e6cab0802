/**
 * What a run does to the catalog. Invariants:
 * - A run touches what its own service has, and nothing else.
 * - What is written takes effect with its batch.
 * - Nothing is removed, or taken for unchanged, before the outcome has vouched for the whole stream: a lost or garbled run
 *   cannot empty a catalog.
 * - Removing keeps the entity; it is there again when a later run writes or sees it.
 * - What a run told that was assigned later stays: a run that is delivered late overwrites, removes and brings back none of it.
 * - Whatever changes the catalog takes its revision away, in the same transaction.
 */
import {
  catalogRecordOf,
  isCounted,
  mayWrite,
  quoted,
  type CatalogRecord,
} from './catalog-record.ts';
import { changedBy } from './catalog-state.ts';
import type { Ground } from '../deps.ts';
import type { Effect } from '../store/entity.ts';
import type { Attempt, Run, Transaction } from '../store/store.ts';
import { parseRecord, type ParsedRecord } from '../link/batch.ts';
import { goneSince, type GoneSince } from './gone-since.ts';
import { isGone } from './sweep.ts';

/** Applies what a batch brought. The number of entities that the attempt had not sent before. */
export async function applyToCatalog(
  tx: Transaction,
  ground: Ground,
  run: Run,
  attempt: Attempt,
  records: readonly ParsedRecord[],
): Promise<number> {
  const gone = await goneSinceAttempt(tx, run, attempt);
  let [entities, superseded, changed] = [0, 0, false];
  for (const { value } of records) {
    const record = catalogRecordOf(value);
    if (record === undefined) continue;
    if (!mayWrite(run.service, record)) {
      ground.log.warn(
        { run: run.id, kind: record.kind },
        'a record about another service was not taken over',
      );
      continue;
    }
    const effect = await apply(tx, ground, run, attempt, gone, record);
    if (effect === undefined) continue;
    if (effect.counts) entities++;
    if (!effect.applied) superseded++;
    changed ||= effect.changed;
  }
  if (superseded > 0)
    ground.log.info(
      { run: run.id, superseded },
      'records ignored: a later run has reported these entities',
    );
  if (changed) await noteChange(tx, run, attempt);
  return entities;
}

/** Takes the catalog's revision away. */
async function noteChange(
  tx: Transaction,
  { service }: Run,
  { generation }: Attempt,
): Promise<void> {
  await tx.catalogStates.save(changedBy(await tx.catalogStates.get(service), generation));
}

/** Undefined where no run that was assigned later has ended well, as is usual. */
async function goneSinceAttempt(
  tx: Transaction,
  { service }: Run,
  { generation }: Attempt,
): Promise<GoneSince | undefined> {
  const { vouched } = await tx.catalogStates.get(service);
  return generation < vouched ? goneSince(tx, service, generation) : undefined;
}

/** Undefined for a record that waits for the outcome. `counts`: it is an entity that counts and that the attempt had not sent before. */
async function apply(
  tx: Transaction,
  ground: Ground,
  run: Run,
  attempt: Attempt,
  gone: GoneSince | undefined,
  record: CatalogRecord,
): Promise<(Effect & { readonly counts: boolean }) | undefined> {
  const { id: runId, service } = run;
  const { epoch, generation } = attempt;
  const now = ground.clock.now();
  switch (record.kind) {
    case 'entity': {
      const { type, fqn, request, properties } = record;
      if (await staysGone(tx, service, gone, type, fqn))
        return { applied: false, changed: false, counts: false };
      const { first, ...effect } = await tx.entities.upsert({
        service,
        type,
        fqn,
        request,
        properties,
        runId,
        attempt: attempt.attempt,
        epoch,
        generation,
        updatedAt: now,
      });
      return { ...effect, counts: first && isCounted(type) };
    }
    case 'lineage': {
      const { from, to, details } = record;
      if (gone?.edge(from, to, details['source']) === true)
        return { applied: false, changed: false, counts: false };
      const applied = await tx.lineage.save({
        service,
        from,
        to,
        details,
        runId,
        generation,
        updatedAt: now,
      });
      return { applied, changed: applied, counts: false };
    }
    default:
      return undefined;
  }
}

/** Whether the entity is not there, and a later run has found that it is gone from the source. */
async function staysGone(
  tx: Transaction,
  service: string,
  gone: GoneSince | undefined,
  type: string,
  fqn: string,
): Promise<boolean> {
  if (gone === undefined || !gone.entity(type, fqn)) return false;
  const known = await tx.entities.get({ service, type, fqn });
  return known === undefined || known.deletedAt !== null;
}

const PAGE = 200;

export interface Findings {
  /** Entities that were there until now. */
  readonly removed: number;
  /** Entities that the runner says have not changed, and that are not known here. */
  readonly unknown: number;
}

/** Applies what an attempt that ended well found to be unchanged or gone. */
export async function applyFindings(
  tx: Transaction,
  run: Run,
  attempt: Attempt,
  now: number,
): Promise<Findings> {
  const gone = await goneSinceAttempt(tx, run, attempt);
  let [removed, revived, unknown, edges] = [0, 0, 0, 0];
  for await (const record of recordsOf(tx, run, attempt, [
    'unchanged',
    'deletion',
    'sweep',
    'lineageSweep',
  ])) {
    removed += await applyRemoval(tx, run.service, attempt, record, now);
    edges += await forgetLineage(tx, run.service, attempt, record);
    if (record.kind !== 'unchanged') continue;
    const sight = await applySightings(tx, run, attempt, gone, record, now);
    revived += sight.revived;
    unknown += sight.unknown;
  }
  if (removed + revived + edges > 0) await noteChange(tx, run, attempt);
  return { removed, unknown };
}

async function* recordsOf(
  tx: Transaction,
  run: Run,
  attempt: Attempt,
  kinds: readonly string[],
): AsyncGenerator<CatalogRecord> {
  for (const kind of kinds) {
    for (let after = 0; ;) {
      const page = await tx.records.ofAttempt(run.id, attempt.epoch, { after, limit: PAGE }, kind);
      const records = page
        .map(({ line }) => catalogRecordOf(parseRecord(line).value))
        .filter((record) => record !== undefined);
      yield* records.filter((record) => mayWrite(run.service, record));
      if (page.length < PAGE) break;
      after = page.at(-1)!.sequence;
    }
  }
}

async function applySightings(
  tx: Transaction,
  { id: runId, service }: Run,
  { generation }: Attempt,
  gone: GoneSince | undefined,
  { type, fqns }: { readonly type: string; readonly fqns: readonly string[] },
  at: number,
): Promise<{ readonly revived: number; readonly unknown: number }> {
  let [revived, unknown] = [0, 0];
  for (const fqn of fqns) {
    if (await staysGone(tx, service, gone, type, fqn)) continue;
    const { known, changed } = await tx.entities.seen(
      { service, type, fqn },
      { runId, generation, at },
    );
    if (!known) unknown++;
    if (changed) revived++;
  }
  return { revived, unknown };
}

async function applyRemoval(
  tx: Transaction,
  service: string,
  { generation }: Attempt,
  record: CatalogRecord,
  at: number,
): Promise<number> {
  if (record.kind === 'deletion')
    return tx.entities.remove({ service, type: record.type, fqn: record.fqn }, { generation, at });
  const test = record.kind === 'sweep' ? isGone(record) : undefined;
  if (record.kind !== 'sweep' || test === undefined) return 0;
  let removed = 0;
  for (const fqn of await tx.entities.within({
    service,
    type: record.type,
    parent: record.parent,
  })) {
    if (test(fqn))
      removed += await tx.entities.remove({ service, type: record.type, fqn }, { generation, at });
  }
  return removed;
}

/** Edges have nothing that would be kept: those that the run did not tell, though it told all of their kind, are forgotten. */
async function forgetLineage(
  tx: Transaction,
  service: string,
  { generation }: Attempt,
  record: CatalogRecord,
): Promise<number> {
  if (record.kind !== 'lineageSweep') return 0;
  const tables = record.tables.map((name) => `${record.parent}.${quoted(name)}`);
  return tx.lineage.forget({ service, tables, source: record.source, generation });
}
