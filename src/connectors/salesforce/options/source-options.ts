import { z } from 'zod';
import type { SweepScope } from '../../../domain/record.ts';
import { compileFilter, type Filter } from '../../../openmetadata/filters.ts';
import { entityName, fullyQualifiedName } from '../../../openmetadata/names.ts';
import { filterPatternSchema, type FilterPattern } from '../../../openmetadata/workflow.ts';
import { RunnerError } from '../../../runtime/errors.ts';

/** OpenMetadata's databaseServiceMetadataPipeline, as far as it is acted on; the rest of its options pass through. */
const optionsSchema = z.looseObject({
  type: z.literal('DatabaseMetadata').nullish(),
  databaseFilterPattern: filterPatternSchema.nullish(),
  schemaFilterPattern: filterPatternSchema.nullish(),
  tableFilterPattern: filterPatternSchema.nullish(),
  useFqnForFiltering: z.boolean().nullish(),
  includeTables: z.boolean().nullish(),
  includeViews: z.boolean().nullish(),
  incremental: z.looseObject({ enabled: z.boolean().nullish() }).nullish(),
  includeTags: z.boolean().nullish(),
  includeOwners: z.boolean().nullish(),
  includeStoredProcedures: z.boolean().nullish(),
  includeDDL: z.boolean().nullish(),
  storedProcedureFilterPattern: filterPatternSchema.nullish(),
  markDeletedTables: z.boolean().nullish(),
  /** Early versions of OpenMetadata had it. */
  markDeletedTablesFromFilterOnly: z.boolean().nullish(),
  markDeletedStoredProcedures: z.boolean().nullish(),
  markDeletedSchemas: z.boolean().nullish(),
  markDeletedDatabases: z.boolean().nullish(),
  /** Ours: figures of columns by aggregate queries, within so many calls. */
  profile: z.strictObject({ maxApiCalls: z.int().min(1).max(10_000).default(50) }).nullish(),
  /** Ours: so many rows of each table, within so many calls. */
  sampleRows: z
    .strictObject({
      rows: z.int().min(1).max(100).default(50),
      maxApiCalls: z.int().min(1).max(10_000).default(50),
    })
    .nullish(),
});

/** By whoever writes to a catalogue: a run without one says so itself. */
const ACTED_ON_ELSEWHERE = 'overrideMetadata';
const ACTED_ON: ReadonlySet<string> = new Set([
  ...Object.keys(optionsSchema.shape),
  ACTED_ON_ELSEWHERE,
]);
/** Options that change nothing when they have this value, so that nobody needs to be told. */
const INERT: Readonly<Record<string, unknown>> = {
  threads: 1,
  queryLogDuration: 1,
  queryParsingTimeoutLimit: 300,
  extractJsonSchema: false,
  jsonSchemaSampleSize: 10,
};

/** Options of OpenMetadata's that do nothing here. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([...Object.keys(INERT), 'ownerConfig']);

export interface Place {
  readonly service: string;
  readonly database: string;
  readonly schema: string;
}

/** Fully qualified names of service, database and schema. */
export function placeNames({
  service,
  database,
  schema,
}: Place): Readonly<Record<'service' | 'database' | 'databaseSchema', string>> {
  const name = entityName(database);
  return {
    service: fullyQualifiedName(service),
    database: fullyQualifiedName(service, name),
    databaseSchema: fullyQualifiedName(service, name, schema),
  };
}

export interface MarkDeleted {
  readonly tables: boolean;
  /** The tables that the filter lets through; undefined for all. */
  readonly tablesOfFilterOnly: SweepScope | undefined;
  readonly storedProcedures: boolean;
  /** Other schemas of the database, other databases of the service. */
  readonly schemas: boolean;
  readonly databases: boolean;
}

/** What a workflow asks of an extraction. */
export interface SourceOptions {
  readonly databasePasses: boolean;
  readonly schemaPasses: boolean;
  readonly tablePasses: Filter;
  /** Tables proper; false leaves only views. */
  readonly includeTables: boolean;
  /** History, share and feed objects. */
  readonly includeViews: boolean;
  /** Classifications of Salesforce's administrators, and whose an object or a field is, as tags. */
  readonly includeTags: boolean;
  /** Business owners of fields, by e-mail. */
  readonly includeOwners: boolean;
  /** Apex triggers and classes, and flows. */
  readonly includeStoredProcedures: boolean;
  /** Their text too. */
  readonly includeDDL: boolean;
  readonly storedProcedurePasses: Filter;
  /** Of what a catalogue may be told that it is gone. */
  readonly markDeleted: MarkDeleted;
  /** Whether what is as the last run told it may be left out of this one. */
  readonly incremental: boolean;
  /** Calls that a profile of columns may cost; 0 for none. */
  readonly profileCalls: number;
  /** Rows of a table, and calls that they may cost; undefined for none. */
  readonly sampleRows: { readonly rows: number; readonly maxApiCalls: number } | undefined;
  /** Known options that were given and have no effect. */
  readonly ignored: readonly string[];
  /** How many options were given that nobody knows. Their names are the job's, and are not repeated. */
  readonly unknown: number;
}

/** Throws JOB_INVALID with all problems. */
export function readSourceOptions(
  config: Readonly<Record<string, unknown>>,
  place: Place,
): SourceOptions {
  const parsed = optionsSchema.safeParse(config);
  if (!parsed.success) {
    const problems = parsed.error.issues
      .slice(0, 20)
      .map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new RunnerError(
      'JOB_INVALID',
      `sourceConfig.config has problems: ${problems.join('; ')}`,
      { cause: parsed.error },
    );
  }
  const options = parsed.data;
  const { service, database, schema } = place;
  const without = Object.keys(config).filter(
    (name) =>
      !ACTED_ON.has(name) &&
      config[name] !== null &&
      config[name] !== undefined &&
      config[name] !== INERT[name],
  );
  const named = (parts: readonly string[], name: string): string =>
    options.useFqnForFiltering === true ? fullyQualifiedName(...parts, name) : name;
  const procedures = compileFilter(
    options.storedProcedureFilterPattern,
    'storedProcedureFilterPattern',
  );
  const tables = compileFilter(options.tableFilterPattern, 'tableFilterPattern');
  return {
    databasePasses: compileFilter(
      options.databaseFilterPattern,
      'databaseFilterPattern',
    )(named([service], database)),
    schemaPasses: compileFilter(
      options.schemaFilterPattern,
      'schemaFilterPattern',
    )(named([service, database], schema)),
    tablePasses: (name) => tables(named([service, database, schema], name)),
    includeTables: options.includeTables ?? true,
    includeViews: options.includeViews ?? true,
    incremental: options.incremental?.enabled ?? true,
    includeTags: options.includeTags ?? true,
    includeOwners: options.includeOwners ?? false,
    includeStoredProcedures: options.includeStoredProcedures ?? true,
    includeDDL: options.includeDDL ?? false,
    storedProcedurePasses: (name) => procedures(named([service, database, schema], name)),
    markDeleted: {
      tables: options.markDeletedTables ?? true,
      tablesOfFilterOnly:
        options.markDeletedTablesFromFilterOnly === true
          ? scopeOf(options.tableFilterPattern, options.useFqnForFiltering === true)
          : undefined,
      storedProcedures: options.markDeletedStoredProcedures ?? true,
      schemas: options.markDeletedSchemas ?? false,
      databases: options.markDeletedDatabases ?? false,
    },
    profileCalls: options.profile?.maxApiCalls ?? 0,
    sampleRows: options.sampleRows ?? undefined,
    ignored: without.filter((name) => WITHOUT_EFFECT.has(name)),
    unknown: without.filter((name) => !WITHOUT_EFFECT.has(name)).length,
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
