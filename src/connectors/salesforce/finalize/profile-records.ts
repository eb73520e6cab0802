import type { ProfileRecord } from '../../../../foundation/src/domain/record.ts';
import { entityName, fullyQualifiedName } from '../../../../openmetadata/src/names.ts';
import type { ProfileColumn } from '../profiling/profile-columns.ts';
import { Profiler, type ProfiledTable } from '../profiling/profiler.ts';
import { readRecordCounts, type RecordCounts } from '../profiling/record-counts.ts';
import type { FinalizeDeps } from './finalize-deps.ts';
import type { SentTables } from './sent-tables.ts';

/** Reads record counts if the policy permits it. Depends on no table. */
export async function readRunCounts(
  { api, version, context: { logger, limits } }: FinalizeDeps,
  signal: AbortSignal,
): Promise<RecordCounts> {
  if (limits.counts) return readRecordCounts(api, version, logger, signal);
  logger.log('info', 'row counts and profiles denied: "salesforce.counts" of the local policy');
  return new Map();
}

/**
 * A profile of each table whose record count is known: rows and columns, and column profiles if
 * they are requested.
 */
export async function* profileRecords(
  { api, version, databaseSchema, options, context }: FinalizeDeps,
  sent: SentTables,
  profilable: ReadonlyMap<string, readonly ProfileColumn[]>,
  read: () => Promise<RecordCounts>,
  signal: AbortSignal,
): AsyncGenerator<ProfileRecord, void, undefined> {
  if (sent.size === 0) return;
  const { logger, clock } = context;
  const counts = await read();
  const timestamp = clock.now();
  const profiler = new Profiler({ api, version, logger, maxApiCalls: options.profileCalls });
  const tables = [...sent.columns].flatMap(([object, fields]): ProfiledTable[] => {
    const rows = counts.get(object);
    return rows === undefined
      ? []
      : [{ object, fields, rows, columns: profilable.get(object) ?? [] }];
  });
  for await (const [table, columnProfile] of profiler.profiles(tables, timestamp, signal)) {
    const tableProfile = { timestamp, rowCount: table.rows, columnCount: table.fields };
    yield {
      kind: 'profile',
      table: `${databaseSchema}.${fullyQualifiedName(entityName(table.object))}`,
      request: { tableProfile, ...(columnProfile === undefined ? {} : { columnProfile }) },
    };
  }
}
