import type { SweepRecord, SweepScope } from '../../../domain/record.ts';
import { parentOf } from '../../../openmetadata/names.ts';
import type { SourceOptions } from '../options/source-options.ts';

/** A record has to fit a frame of the protocol, in bytes. */
export const LONGEST = 900_000;

export interface Existing {
  /** Fully qualified. */
  readonly databaseSchema: string;
  /** Fully qualified names of tables: of everything that the org lists. */
  readonly tables: readonly string[];
  /** Fully qualified names of all code of the org; undefined unless every listing of it succeeded. */
  readonly code: readonly string[] | undefined;
  /** Names that the workflow asks for; undefined for all. */
  readonly objectNames: readonly string[] | undefined;
}

/**
 * What a catalogue needs to find what is gone. Whatever the org lists exists, were it filtered out of this run or lost on
 * the way. An org is one database with one schema, so any other of its service is from another time.
 */
export function* sweepsOf(
  { databaseSchema, tables, code, objectNames }: Existing,
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
  if (markDeleted.tables) yield* inParts({ type: 'table', parent: databaseSchema }, tables, scope);
  if (markDeleted.storedProcedures && code !== undefined)
    yield* inParts({ type: 'storedProcedure', parent: databaseSchema }, code);
  if (markDeleted.schemas)
    yield* inParts({ type: 'databaseSchema', parent: database }, [databaseSchema]);
  if (markDeleted.databases)
    yield* inParts({ type: 'database', parent: parentOf(database) }, [database]);
}

/** Each record tells of a range of names, the first from the start and the last to the end, so that one that is missing does no harm. */
export function* inParts(
  what: Pick<SweepRecord, 'type' | 'parent'>,
  names: readonly string[],
  scope?: SweepScope,
  longest: number = LONGEST,
): Generator<SweepRecord, void, undefined> {
  const among = scope === undefined || Object.keys(scope).length === 0 ? {} : { among: scope };
  const groups = grouped(names.toSorted(), longest - bytes(among));
  for (const [index, keep] of groups.entries()) {
    const after = groups[index - 1]?.at(-1);
    const upTo = index === groups.length - 1 ? undefined : keep.at(-1);
    yield {
      kind: 'sweep',
      ...what,
      keep,
      ...(after === undefined ? {} : { after }),
      ...(upTo === undefined ? {} : { upTo }),
      ...among,
    };
  }
}

function grouped(names: readonly string[], most: number): string[][] {
  const groups: string[][] = [];
  let size = Infinity;
  for (const name of names) {
    size += bytes(name) + 1;
    if (size > most) {
      groups.push([]);
      size = bytes(name) + 1;
    }
    groups.at(-1)!.push(name);
  }
  return groups;
}

function bytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
