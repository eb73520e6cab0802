import type { EntityRecord } from '../../../../foundation/src/domain/record.ts';
import { extractCode } from '../setup/code.ts';
import type { CodeDeps } from '../setup/code-deps.ts';
import type { FinalizeDeps } from './finalize-deps.ts';
import type { SentTables } from './sent-tables.ts';

/**
 * Triggers, classes and flows as stored procedures. Returns the fully qualified names of all code
 * of the org, or undefined if they are not all known.
 */
export async function* codeRecords(
  deps: FinalizeDeps,
  tables: SentTables,
  signal: AbortSignal,
): AsyncGenerator<EntityRecord, readonly string[] | undefined, undefined> {
  const { options, toolingReader, context } = deps;
  if (!options.includeStoredProcedures || tables.size === 0) return undefined;
  const names = await toolingReader.objectNames();
  const code = extractCode(await toolingReader.triggers, codeDeps(deps, tables, names), signal);
  let next = await code.next();
  for (; next.done !== true; next = await code.next()) {
    context.count('storedProcedures', 1);
    yield next.value;
  }
  // Without any object name, triggers were either not requested or not readable.
  return next.value.complete && names.size > 0 ? next.value.fqns : undefined;
}

function codeDeps(
  { api, version, origin, databaseSchema, options, objectNames, context }: FinalizeDeps,
  tables: SentTables,
  names: ReadonlyMap<string, string>,
): CodeDeps {
  return {
    api,
    version,
    logger: context.logger,
    cut: context.cut,
    databaseSchema,
    origin,
    bodies: options.includeDDL,
    passes: options.storedProcedurePasses,
    classes: objectNames === undefined,
    objectName: (durableId) => {
      const name = names.get(durableId);
      return name !== undefined && tables.has(name) ? name : undefined;
    },
    has: (name) => tables.has(name),
  };
}
