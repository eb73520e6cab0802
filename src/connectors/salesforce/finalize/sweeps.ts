import type { SweepRecord } from '../../../../foundation/src/domain/record.ts';
import { parentOf } from '../../../../openmetadata/src/names.ts';
import { sweepRecords } from '../../sweep-records.ts';
import type { SourceOptions } from '../options/source-options.ts';

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
