import type { Transaction } from '../store/store.ts';
import { quoted, type CatalogRecord, type Sweep } from './catalog-record.ts';
import { storedRecords } from './stored-records.ts';
import { removalTest } from './sweep.ts';

/** Whether an entity was found to be removed. */
type EntityTest = (type: string, fqn: string) => boolean;
/** Whether all edges of this kind were reported. */
type EdgeTest = (from: string, to: string, source: unknown) => boolean;

export interface RemovedSince {
  readonly entity: EntityTest;
  readonly edge: EdgeTest;
}

/**
 * What later assignments that succeeded found to be removed: an older run that is delivered late
 * must not restore it. The catalog has no trace of an entity that it never contained, so their
 * records are read. Where those have been deleted, everything counts as removed.
 */
export async function removedSince(
  tx: Transaction,
  service: string,
  generation: number,
): Promise<RemovedSince> {
  const entities: EntityTest[] = [];
  const edges: EdgeTest[] = [];
  const kinds = ['sweep', 'deletion', 'lineageSweep'];
  for (const attempt of await tx.runs.succeededSince(service, generation)) {
    if (!attempt.recordsKept) return { entity: () => true, edge: () => true };
    for await (const record of storedRecords(tx, service, attempt, kinds)) {
      entities.push(...entityTests(record));
      if (record.kind === 'lineageSweep') edges.push(edgeTest(record));
    }
  }
  return {
    entity: (type, fqn) => entities.some((test) => test(type, fqn)),
    edge: (from, to, source) => edges.some((test) => test(from, to, source)),
  };
}

function entityTests(record: CatalogRecord): EntityTest[] {
  if (record.kind === 'sweep') return sweepTests(record);
  if (record.kind !== 'deletion') return [];
  return [
    (type, fqn) => (fqn === record.fqn ? type === record.type : fqn.startsWith(`${record.fqn}.`)),
  ];
}

/**
 * An edge that was reported together with the sweep is in the catalog with a higher generation, so
 * all edges count as removed.
 */
function edgeTest(sweep: Extract<CatalogRecord, { kind: 'lineageSweep' }>): EdgeTest {
  const tables = new Set(sweep.tables.map((name) => `${sweep.parent}.${quoted(name)}`));
  return (from, to, source) => source === sweep.source && tables.has(from) && tables.has(to);
}

/** Entities removed from the parent, and everything below them. */
function sweepTests(sweep: Sweep): EntityTest[] {
  const isRemoved = removalTest(sweep);
  if (isRemoved === undefined) return [];
  return [
    (type, fqn) => {
      const child = childOf(sweep.parent, fqn);
      return child !== undefined && (child !== fqn || type === sweep.type) && isRemoved(child);
    },
  ];
}

/**
 * The entity directly below the parent that contains an entity, or is it; undefined for an entity
 * elsewhere.
 */
function childOf(parent: string, fqn: string): string | undefined {
  if (!fqn.startsWith(`${parent}.`)) return undefined;
  const below = /^(?:"(?:[^"\\]|\\.|"")*"|[^."]+)/s.exec(fqn.slice(parent.length + 1))?.[0];
  return below === undefined ? undefined : `${parent}.${below}`;
}
