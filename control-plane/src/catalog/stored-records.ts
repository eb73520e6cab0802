import { parseRecord } from '../link/batch.ts';
import type { Transaction } from '../store/store.ts';
import { canWrite, catalogRecordOf, type CatalogRecord } from './catalog-record.ts';

const PAGE = 200;

/**
 * The stored catalog records of an attempt, kind by kind, without those that belong to another
 * service.
 */
export async function* storedRecords(
  tx: Transaction,
  service: string,
  { runId, epoch }: { readonly runId: string; readonly epoch: number },
  kinds: readonly string[],
): AsyncGenerator<CatalogRecord> {
  for (const kind of await tx.records.kindsAmong(runId, kinds)) {
    for (let after = 0; ;) {
      const page = await tx.records.ofAttempt(runId, epoch, { after, limit: PAGE }, kind);
      for (const { line } of page) {
        const record = catalogRecordOf(parseRecord(line).value);
        if (record !== undefined && canWrite(service, record)) yield record;
      }
      if (page.length < PAGE) break;
      after = page.at(-1)!.sequence;
    }
  }
}
