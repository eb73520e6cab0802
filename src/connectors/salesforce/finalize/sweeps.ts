import type { SweepRecord, SweepScope } from '../../../../foundation/src/domain/record.ts';
import { parentOf } from '../../../../openmetadata/src/names.ts';
import type { SourceOptions } from '../options/source-options.ts';

/** A record must fit a frame of the protocol. */
export const MAX_RECORD_BYTES = 900_000;

export interface OrgContents {
  /** Fully qualified. */
  readonly databaseSchema: string;
  /** Fully qualified names of the tables of all objects that the org lists. */
  readonly tables: readonly string[];
  /**
   * Fully qualified names of all code of the org; undefined unless every listing of it succeeded.
   */
  readonly code: readonly string[] | undefined;
  /** Names that the workflow requests; undefined for all. */
  readonly objectNames: readonly string[] | undefined;
}

/**
 * What the org contains, so that a catalog can mark the rest as deleted. Everything that the org
 * lists is included, even if this run filtered it out or failed to read it. An org is one database
 * with one schema, so all others of its service are outdated.
 */
export function* sweepsOf(
  { databaseSchema, tables, code, objectNames }: OrgContents,
  { markDeleted }: SourceOptions,
): Generator<SweepRecord, void, undefined> {
  const database = parentOf(databaseSchema);
  const scope =
    markDeleted.tablesOfFilterOnly === undefined
      ? undefined
      : {
          ...markDeleted.tablesOfFilterOnly,
          ...(objectNames === undefined ? {} : { names: objectNames }),
        };
  if (markDeleted.tables)
    yield* sweepRecords({ type: 'table', parent: databaseSchema }, tables, scope);
  if (markDeleted.storedProcedures && code !== undefined)
    yield* sweepRecords({ type: 'storedProcedure', parent: databaseSchema }, code);
  if (markDeleted.schemas)
    yield* sweepRecords({ type: 'databaseSchema', parent: database }, [databaseSchema]);
  if (markDeleted.databases)
    yield* sweepRecords({ type: 'database', parent: parentOf(database) }, [database]);
}

/**
 * Each record covers a range of names, the first from the start and the last to the end, so a lost
 * record does not cause deletions.
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
