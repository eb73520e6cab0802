import {
  catalogRecordOf,
  mayWrite,
  quoted,
  type CatalogRecord,
  type Sweep,
} from './catalog-record.ts';
import type { EndedAttempt, Transaction } from '../store/store.ts';
import { parseRecord } from '../link/batch.ts';
import { isGone } from './sweep.ts';

/** Whether an entity was found to be gone. */
type GoneTest = (type: string, fqn: string) => boolean;
/** Whether an edge is of a kind that was told as a whole. */
type EdgeTest = (from: string, to: string, source: unknown) => boolean;

export interface GoneSince {
  readonly entity: GoneTest;
  readonly edge: EdgeTest;
}

const PAGE = 200;

/**
 * What runs that were assigned later, and have ended well, found to be gone: an older run that is delivered late must not
 * bring it back. The store keeps no trace of an entity that it never had, so their records are read for this. Where those
 * have been deleted, everything counts as gone.
 */
export async function goneSince(
  tx: Transaction,
  service: string,
  generation: number,
): Promise<GoneSince> {
  const entities: GoneTest[] = [];
  const edges: EdgeTest[] = [];
  for (const attempt of await tx.runs.endedWellSince(service, generation)) {
    if (!attempt.recordsKept) return { entity: () => true, edge: () => true };
    for await (const record of findingsOf(tx, service, attempt)) {
      if (record.kind === 'deletion')
        entities.push((type, fqn) =>
          fqn === record.fqn ? type === record.type : fqn.startsWith(`${record.fqn}.`),
        );
      if (record.kind === 'sweep') entities.push(...testOf(record));
      if (record.kind === 'lineageSweep') edges.push(edgeTestOf(record));
    }
  }
  return {
    entity: (type, fqn) => entities.some((test) => test(type, fqn)),
    edge: (from, to, source) => edges.some((test) => test(from, to, source)),
  };
}

async function* findingsOf(
  tx: Transaction,
  service: string,
  { runId, epoch }: EndedAttempt,
): AsyncGenerator<CatalogRecord> {
  for (const kind of ['sweep', 'deletion', 'lineageSweep']) {
    for (let after = 0; ;) {
      const page = await tx.records.ofAttempt(runId, epoch, { after, limit: PAGE }, kind);
      for (const { line } of page) {
        const record = catalogRecordOf(parseRecord(line).value);
        if (record !== undefined && mayWrite(service, record)) yield record;
      }
      if (page.length < PAGE) break;
      after = page.at(-1)!.sequence;
    }
  }
}

/** An edge that was told together with the sweep is there, from a later run; so all of them count as gone. */
function edgeTestOf(sweep: Extract<CatalogRecord, { kind: 'lineageSweep' }>): EdgeTest {
  const tables = new Set(sweep.tables.map((name) => `${sweep.parent}.${quoted(name)}`));
  return (from, to, source) => source === sweep.source && tables.has(from) && tables.has(to);
}

/** What is gone from the parent, and all that is in it. */
function testOf(sweep: Sweep): GoneTest[] {
  const test = isGone(sweep);
  if (test === undefined) return [];
  return [
    (type, fqn) => {
      const child = childOf(sweep.parent, fqn);
      return child !== undefined && (child !== fqn || type === sweep.type) && test(child);
    },
  ];
}

/** The entity right below the parent that an entity is, or is in; undefined for one that is elsewhere. */
function childOf(parent: string, fqn: string): string | undefined {
  if (!fqn.startsWith(`${parent}.`)) return undefined;
  const below = /^(?:"(?:[^"\\]|\\.|"")*"|[^."]+)/s.exec(fqn.slice(parent.length + 1))?.[0];
  return below === undefined ? undefined : `${parent}.${below}`;
}
