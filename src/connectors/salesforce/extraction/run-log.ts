import type { Selection } from '../options/selection.ts';
import type { RunContext, RunSettings } from './run-context.ts';

export function logIgnoredOptions({ connection, context, options }: RunSettings): void {
  const ignored = [
    ...connection.ignored,
    ...options.ignored.map((name) => `sourceConfig.config.${name}`),
  ];
  if (ignored.length > 0 || options.unknown > 0)
    context.logger.log('info', 'ignoring unsupported options', {
      options: ignored,
      ...(options.unknown === 0 ? {} : { unknownOptionCount: options.unknown }),
    });
}

/**
 * An org is one database with one schema, so a filter that excludes either leaves nothing to
 * extract.
 */
export function logFilteredOut({ context, options }: RunSettings): void {
  context.logger.log(
    'warn',
    options.databasePasses
      ? 'nothing to extract: schemaFilterPattern excludes the only schema'
      : 'nothing to extract: databaseFilterPattern excludes the only database',
  );
}

export function logSelection(
  { context, version }: RunContext,
  { objects, filtered, missing }: Selection,
): void {
  if (filtered > 0) context.count('filtered', filtered);
  context.logger.log('info', 'extracting objects', {
    objects: objects.length,
    filtered,
    missing: missing.length,
    apiVersion: version,
  });
  if (objects.length === 0)
    context.logger.log(
      'warn',
      'no objects selected: check sobjectNames, the filter patterns and the permissions of the user',
    );
}

export function logUsage({ context, org }: RunContext): void {
  const { usage } = org.api;
  context.logger.log('info', 'extraction finished', {
    apiCalls: org.charged(),
    ...(usage === undefined ? {} : { apiCallsUsed24h: usage.used, apiCallAllocation: usage.limit }),
  });
}
