import { z } from 'zod';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { compileFilter } from '../../openmetadata/src/filters.ts';
import { fullyQualifiedName } from '../../openmetadata/src/names.ts';
import { filterPatternSchema } from '../../openmetadata/src/workflow.ts';

/** Options of OpenMetadata's databaseServiceMetadataPipeline that every connector must respect. */
export const tableOptionsSchema = z.looseObject({
  databaseFilterPattern: filterPatternSchema.nullish(),
  schemaFilterPattern: filterPatternSchema.nullish(),
  tableFilterPattern: filterPatternSchema.nullish(),
  useFqnForFiltering: z.boolean().nullish(),
  markDeletedTables: z.boolean().nullish(),
});
type ParsedOptions = z.infer<typeof tableOptionsSchema>;

/**
 * Whether the job requests a database, schema or table. `path`: service, database, schema, table.
 */
export interface TableFilters {
  readonly databasePasses: (...path: readonly [string, string]) => boolean;
  readonly schemaPasses: (...path: readonly [string, string, string]) => boolean;
  readonly tablePasses: (...path: readonly [string, string, string, string]) => boolean;
}

export interface TableOptions {
  /** Whether the job requests the table: database, schema and table pass their filters. */
  readonly passes: TableFilters['tablePasses'];
  /** Whether a catalog may mark tables as deleted that the source no longer has. */
  readonly markDeleted: boolean;
}

/** Reads `sourceConfig.config`. Throws JOB_INVALID with all problems. */
export function readTableOptions(config: Readonly<Record<string, unknown>>): TableOptions {
  const options = parseSourceConfig(tableOptionsSchema, config);
  const { databasePasses, schemaPasses, tablePasses } = compileTableFilters(options);
  return {
    passes: (service, database, schema, table) =>
      databasePasses(service, database) &&
      schemaPasses(service, database, schema) &&
      tablePasses(service, database, schema, table),
    markDeleted: options.markDeletedTables ?? true,
  };
}

/** Throws JOB_INVALID for an unsupported pattern. */
export function compileTableFilters(options: ParsedOptions): TableFilters {
  const nameOf = (path: readonly string[]): string =>
    options.useFqnForFiltering === true ? fullyQualifiedName(...path) : path.at(-1)!;
  const databases = compileFilter(options.databaseFilterPattern, 'databaseFilterPattern');
  const schemas = compileFilter(options.schemaFilterPattern, 'schemaFilterPattern');
  const tables = compileFilter(options.tableFilterPattern, 'tableFilterPattern');
  return {
    databasePasses: (...path) => databases(nameOf(path)),
    schemaPasses: (...path) => schemas(nameOf(path)),
    tablePasses: (...path) => tables(nameOf(path)),
  };
}

const MAX_PROBLEMS = 20;

/** Throws JOB_INVALID with all problems. */
export function parseSourceConfig<T>(
  schema: z.ZodType<T>,
  config: Readonly<Record<string, unknown>>,
): T {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, MAX_PROBLEMS)
    .map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new RunnerError('JOB_INVALID', `sourceConfig.config is invalid: ${problems.join('; ')}`, {
    cause: parsed.error,
  });
}
