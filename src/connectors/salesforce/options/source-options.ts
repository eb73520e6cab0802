import type { SweepScope } from '../../../../foundation/src/domain/record.ts';
import { compileFilter, type Filter } from '../../../../openmetadata/src/filters.ts';
import { fullyQualifiedName } from '../../../../openmetadata/src/names.ts';
import type { FilterPattern } from '../../../../openmetadata/src/workflow.ts';
import { compileTableFilters } from '../../table-options.ts';
import type { Place } from './place.ts';
import { optionsWithoutEffect, parseOptions, type ParsedOptions } from './source-options-schema.ts';

/** Which entities a catalog may mark as deleted. */
export interface MarkDeleted {
  readonly tables: boolean;
  /** Limits deletions to tables that pass the filter; undefined for no limit. */
  readonly tablesOfFilterOnly: SweepScope | undefined;
  readonly storedProcedures: boolean;
  /** Other schemas of the database. */
  readonly schemas: boolean;
  /** Other databases of the service. */
  readonly databases: boolean;
}

interface Filters {
  readonly databasePasses: boolean;
  readonly schemaPasses: boolean;
  readonly tablePasses: Filter;
  readonly storedProcedurePasses: Filter;
}

/** What a workflow requests of an extraction. */
export interface SourceOptions extends Filters {
  /** Objects other than views. */
  readonly includeTables: boolean;
  /** History, share and feed objects. */
  readonly includeViews: boolean;
  /** Classifications by administrators, and the origin of objects and fields, as tags. */
  readonly includeTags: boolean;
  /** Business owners of fields, by e-mail address. */
  readonly includeOwners: boolean;
  /** Apex triggers and classes, and flows. */
  readonly includeStoredProcedures: boolean;
  /** Source code of stored procedures. */
  readonly includeDDL: boolean;
  readonly markDeleted: MarkDeleted;
  /** Whether entities that are the same as in the previous run may be left out. */
  readonly incremental: boolean;
  /** Maximum number of calls for column profiles; 0 for no profiles. */
  readonly profileCalls: number;
  /** Maximum numbers of rows for each table and of calls; undefined for no sample rows. */
  readonly sampleRows: { readonly rows: number; readonly maxApiCalls: number } | undefined;
  /** Known options that are set and have no effect. */
  readonly ignored: readonly string[];
  /** How many unknown options are set. Their names come from the job, so they are not repeated. */
  readonly unknown: number;
}

/** Throws JOB_INVALID with all problems. */
export function readSourceOptions(
  config: Readonly<Record<string, unknown>>,
  place: Place,
): SourceOptions {
  const options = parseOptions(config);
  return {
    ...filtersOf(options, place),
    includeTables: options.includeTables ?? true,
    includeViews: options.includeViews ?? true,
    incremental: options.incremental?.enabled ?? true,
    includeTags: options.includeTags ?? true,
    includeOwners: options.includeOwners ?? false,
    includeStoredProcedures: options.includeStoredProcedures ?? true,
    includeDDL: options.includeDDL ?? false,
    markDeleted: markDeletedOf(options),
    profileCalls: options.profile?.maxApiCalls ?? 0,
    sampleRows: options.sampleRows ?? undefined,
    ...optionsWithoutEffect(config),
  };
}

function filtersOf(options: ParsedOptions, { service, database, schema }: Place): Filters {
  const { databasePasses, schemaPasses, tablePasses } = compileTableFilters(options);
  const procedures = compileFilter(
    options.storedProcedureFilterPattern,
    'storedProcedureFilterPattern',
  );
  const nameFor = (name: string): string =>
    options.useFqnForFiltering === true
      ? fullyQualifiedName(service, database, schema, name)
      : name;
  return {
    databasePasses: databasePasses(service, database),
    schemaPasses: schemaPasses(service, database, schema),
    tablePasses: (name) => tablePasses(service, database, schema, name),
    storedProcedurePasses: (name) => procedures(nameFor(name)),
  };
}

function markDeletedOf(options: ParsedOptions): MarkDeleted {
  return {
    tables: options.markDeletedTables ?? true,
    tablesOfFilterOnly:
      options.markDeletedTablesFromFilterOnly === true
        ? scopeOf(options.tableFilterPattern, options.useFqnForFiltering === true)
        : undefined,
    storedProcedures: options.markDeletedStoredProcedures ?? true,
    schemas: options.markDeletedSchemas ?? false,
    databases: options.markDeletedDatabases ?? false,
  };
}

function scopeOf(pattern: FilterPattern | null | undefined, qualified: boolean): SweepScope {
  const { includes, excludes } = pattern ?? {};
  const patterns = {
    ...(includes?.length ? { includes } : {}),
    ...(excludes?.length ? { excludes } : {}),
  };
  return Object.keys(patterns).length > 0 && qualified ? { ...patterns, qualified } : patterns;
}
