import { MAX_ROWS } from '../api/soql.ts';
import type { DescribeOutcome } from '../describe/describe-call.ts';
import { isDescribable } from '../describe/object-kind.ts';
import type { ProgressReport } from './progress-report.ts';

export type Batch = readonly DescribeOutcome[];

/**
 * Collects described objects until their fields fill the queries of one call for definitions.
 * Objects that need no such query come out at once. `maxQueries` is read again for each call.
 */
export async function* batchesOf(
  groups: AsyncIterable<Batch>,
  total: number,
  progress: ProgressReport,
  maxQueries: () => number,
): AsyncGenerator<Batch, void, undefined> {
  let batch: DescribeOutcome[] = [];
  let [queries, rows, done] = [1, 0, 0];
  for await (const group of groups) {
    progress.at('describe', (done += group.length), total);
    const { waiting = [], ready = [] } = Object.groupBy(group, (item) =>
      'describe' in item && isDescribable(item.listed) ? 'waiting' : 'ready',
    );
    if (ready.length > 0) yield ready;
    for (const item of waiting) {
      const added = 'describe' in item ? item.describe.size : 0;
      if (rows > 0 && rows + added > MAX_ROWS) {
        [queries, rows] = [queries + 1, 0];
        if (queries > maxQueries()) {
          yield batch;
          [batch, queries] = [[], 1];
        }
      }
      batch.push(item);
      rows += added;
    }
  }
  progress.at('descriptions', total, total);
  if (batch.length > 0) yield batch;
}
