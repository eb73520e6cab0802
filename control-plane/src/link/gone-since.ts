import { catalogRecordOf, mayWrite, type Sweep } from '../catalog-record.ts';
import type { EndedAttempt, Transaction } from '../store/store.ts';
import { parseRecord } from './batch.ts';
import { isGone } from './sweep.ts';

/** Whether an entity was found to be gone. */
export type GoneTest = (type: string, fqn: string) => boolean;

const PAGE = 200;

/**
 * What runs that were assigned later, and have ended well, found to be gone: an older run that is delivered late must not
 * bring it back. The store keeps no trace of an entity that it never had, so their records are read for this. Where those
 * have been deleted, everything counts as gone.
 */
export async function goneSince(tx: Transaction, service: string, generation: number): Promise<GoneTest> {
  const tests: GoneTest[] = [];
  for (const attempt of await tx.runs.endedWellSince(service, generation)) {
    if (attempt.recordsKept) tests.push(...await testsOf(tx, service, attempt));
    else tests.push(() => true);
  }
  return (type, fqn) => tests.some((test) => test(type, fqn));
}

async function testsOf(tx: Transaction, service: string, { runId, epoch }: EndedAttempt): Promise<GoneTest[]> {
  const tests: GoneTest[] = [];
  for (const kind of ['sweep', 'deletion']) {
    for (let after = 0; ;) {
      const page = await tx.records.ofAttempt(runId, epoch, { after, limit: PAGE }, kind);
      for (const { line } of page) {
        const record = catalogRecordOf(parseRecord(line).value);
        if (record === undefined || !mayWrite(service, record)) continue;
        if (record.kind === 'deletion') tests.push((type, fqn) => (fqn === record.fqn ? type === record.type : fqn.startsWith(`${record.fqn}.`)));
        if (record.kind === 'sweep') tests.push(...testOf(record));
      }
      if (page.length < PAGE) break;
      after = page.at(-1)!.sequence;
    }
  }
  return tests;
}

/** What is gone from the parent, and all that is in it. */
function testOf(sweep: Sweep): GoneTest[] {
  const test = isGone(sweep);
  if (test === undefined) return [];
  return [(type, fqn) => {
    const child = childOf(sweep.parent, fqn);
    return child !== undefined && (child !== fqn || type === sweep.type) && test(child);
  }];
}

/** The entity right below the parent that an entity is, or is in; undefined for one that is elsewhere. */
function childOf(parent: string, fqn: string): string | undefined {
  if (!fqn.startsWith(`${parent}.`)) return undefined;
  const below = /^(?:"(?:[^"\\]|\\.|"")*"|[^."]+)/s.exec(fqn.slice(parent.length + 1))?.[0];
  return below === undefined ? undefined : `${parent}.${below}`;
}
