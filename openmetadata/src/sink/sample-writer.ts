import type { SampleDataRecord } from '../../../foundation/src/domain/record.ts';
import type { MetadataServer } from './server.ts';
import type { TableIndex } from './table-index.ts';

/**
 * Replaces the sample rows of a table. Throws SINK_REJECTED when the server does not have the
 * table.
 */
export async function putSample(
  { table, request }: SampleDataRecord,
  server: MetadataServer,
  index: TableIndex,
  signal: AbortSignal,
): Promise<void> {
  await server.send(
    {
      method: 'PUT',
      path: `/tables/${await index.id(table, signal)}/sampleData`,
      what: sampleOf(table),
      body: request,
    },
    signal,
  );
}

/** Names the sample in messages. */
export function sampleOf(table: string): string {
  return `sample of "${table}"`;
}
