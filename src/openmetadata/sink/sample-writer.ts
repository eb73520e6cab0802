import type { SampleDataRecord } from '../../domain/record.ts';
import type { MetadataServer } from './server.ts';
import type { TableIndex } from './table-index.ts';

/** Puts rows of a table in place of those that the server has of it. Throws SINK_REJECTED where it does not have the table. */
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

/** For messages. */
export function sampleOf(table: string): string {
  return `sample of "${table}"`;
}
