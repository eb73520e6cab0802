import type { SweepRecord, SweepScope } from '../../foundation/src/domain/record.ts';

/** A record must fit a frame of the protocol. */
export const MAX_RECORD_BYTES = 900_000;

/**
 * Tells a catalog all entities of one type that `parent` has, by fully qualified name, so that it
 * can mark the others as deleted. `names` is everything that the source lists, also what the run
 * filtered out or failed to read. Each record covers a range of names, the first from the start and
 * the last to the end, so a lost record does not cause deletions.
 */
export function* sweepRecords(
  subject: Pick<SweepRecord, 'type' | 'parent'>,
  names: readonly string[],
  scope?: SweepScope,
  maxBytes: number = MAX_RECORD_BYTES,
): Generator<SweepRecord, void, undefined> {
  const among = scope === undefined || Object.keys(scope).length === 0 ? {} : { among: scope };
  const groups = groupBySize(names.toSorted(), maxBytes - bytesOf(among));
  for (const [index, keep] of groups.entries()) {
    const after = groups[index - 1]?.at(-1);
    const upTo = index === groups.length - 1 ? undefined : keep.at(-1);
    yield {
      kind: 'sweep',
      ...subject,
      keep,
      ...(after === undefined ? {} : { after }),
      ...(upTo === undefined ? {} : { upTo }),
      ...among,
    };
  }
}

function groupBySize(names: readonly string[], maxBytes: number): string[][] {
  const groups: string[][] = [];
  let size = Infinity;
  for (const name of names) {
    size += bytesOf(name) + 1;
    if (size > maxBytes) {
      groups.push([]);
      size = bytesOf(name) + 1;
    }
    groups.at(-1)!.push(name);
  }
  return groups;
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
