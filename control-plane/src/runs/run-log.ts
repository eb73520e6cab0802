import type { Page, StoreReader, StoredRecord } from '../store/store.ts';
import { logOf } from './stored-lines.ts';

export interface LogLine {
  /** Increases over the whole log of a run. */
  readonly cursor: number;
  readonly attempt: number;
  readonly sequence: number;
  readonly time: number | null;
  readonly level: string;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>> | null;
}

/** A page of a run's log over all its attempts; `next` is the `after` of the next page. */
export async function readLogs(
  read: StoreReader,
  runId: string,
  page: Page,
): Promise<{ readonly logs: LogLine[]; readonly next: number }> {
  const logs = (await read.records.ofKind(runId, 'log', page)).map(toLine);
  return { logs, next: logs.at(-1)?.cursor ?? page.after };
}

function toLine({ position, attempt, sequence, line }: StoredRecord): LogLine {
  return { cursor: position, attempt, sequence, ...logOf(line) };
}
