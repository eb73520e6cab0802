import type { EntityRecord } from '../../../../foundation/src/domain/record.ts';
import { codeIn, readCode, type ReadCode } from '../setup/code.ts';
import type { CodeDeps } from '../setup/code-deps.ts';
import type { FinalizeDeps } from './finalize-deps.ts';
import type { SentTables } from './sent-tables.ts';

/** Reads classes and flows. Depends on no table. */
export async function readRunCode(
  { api, version, options, objectNames, toolingReader, context }: FinalizeDeps,
  signal: AbortSignal,
): Promise<ReadCode> {
  const names = await toolingReader.objectNames();
  return readCode(
    {
      api,
      version,
      logger: context.logger,
      bodies: options.includeDDL,
      classes: objectNames === undefined,
      objectName: (durableId) => names.get(durableId),
    },
    signal,
  );
}

/**
 * Triggers, classes and flows as stored procedures. Returns the fully qualified names of all code
 * of the org, or undefined if they are not all known.
 */
export async function* codeRecords(
  deps: FinalizeDeps,
  tables: SentTables,
  read: () => Promise<ReadCode>,
): AsyncGenerator<EntityRecord, readonly string[] | undefined, undefined> {
  const { options, toolingReader, context } = deps;
  if (!options.includeStoredProcedures || tables.size === 0) return undefined;
  const names = await toolingReader.objectNames();
  const code = codeIn(await toolingReader.triggers, await read(), codeDeps(deps, tables, names));
  let next = code.next();
  for (; next.done !== true; next = code.next()) {
    context.count('storedProcedures', 1);
    yield next.value;
  }
  // Without any object name, triggers were either not requested or not readable.
  return next.value.complete && names.size > 0 ? next.value.fqns : undefined;
}

function codeDeps(
  { origin, databaseSchema, options, context }: FinalizeDeps,
  tables: SentTables,
  names: ReadonlyMap<string, string>,
): CodeDeps {
  return {
    cut: context.cut,
    databaseSchema,
    origin,
    bodies: options.includeDDL,
    passes: options.storedProcedurePasses,
    objectName: (durableId) => {
      const name = names.get(durableId);
      return name !== undefined && tables.has(name) ? name : undefined;
    },
    has: (name) => tables.has(name),
  };
}
