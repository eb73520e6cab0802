import { isDerived } from '../describe/object-kind.ts';
import type { Table } from '../mapping/table.ts';
import { sampleColumnsOf, type SampleColumn } from './sample-columns.ts';

/**
 * How much a column's profile may reveal. `values`: common values of a field with few, known
 * values; `range`: extremes and mean of numbers and dates; `counts`: no value at all.
 */
export type Depth = 'values' | 'range' | 'counts';

/** A column that Salesforce can aggregate. */
export interface ProfileColumn extends SampleColumn {
  readonly depth: Depth;
  readonly numeric: boolean;
}

/** As many columns as one aggregate query takes. */
const MAX_COLUMNS = 60;

const NUMBERS: ReadonlySet<string> = new Set(['DECIMAL', 'DOUBLE', 'INT', 'BIGINT']);
const DATES: ReadonlySet<string> = new Set(['DATE', 'DATETIME']);

/**
 * The columns worth a profile, each with the depth permitted if its field is not classified. Text
 * columns get counts, because any text may be personal, and so do history, share and feed objects,
 * for whose fields the org has no classifications.
 */
export function profileColumnsOf(
  table: Pick<Table, 'request' | 'properties' | 'aggregatable'>,
): ProfileColumn[] {
  const names = new Set(table.aggregatable);
  const sampleColumns = isDerived(table.properties.kind) ? [] : sampleColumnsOf(table);
  const sampled = new Map(sampleColumns.map((column) => [column.name, column]));
  return table.request.columns
    .filter(({ name }) => names.has(name))
    .slice(0, MAX_COLUMNS)
    .map(({ name, dataType }) => ({
      name,
      compound: sampled.get(name)?.compound,
      depth: sampled.has(name) ? depthOf(dataType) : 'counts',
      numeric: NUMBERS.has(dataType),
    }));
}

function depthOf(dataType: string): Depth {
  if (dataType === 'ENUM') return 'values';
  return NUMBERS.has(dataType) || DATES.has(dataType) ? 'range' : 'counts';
}
