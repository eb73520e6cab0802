import { z } from 'zod';
import { filterPatternSchema } from '../../../../openmetadata/src/workflow.ts';
import { parseSourceConfig, tableOptionsSchema } from '../../table-options.ts';

/**
 * The options of OpenMetadata's databaseServiceMetadataPipeline that have an effect here, and two
 * of the runner.
 */
const optionsSchema = z.looseObject({
  ...tableOptionsSchema.shape,
  type: z.literal('DatabaseMetadata').nullish(),
  includeTables: z.boolean().nullish(),
  includeViews: z.boolean().nullish(),
  incremental: z.looseObject({ enabled: z.boolean().nullish() }).nullish(),
  includeTags: z.boolean().nullish(),
  includeOwners: z.boolean().nullish(),
  includeStoredProcedures: z.boolean().nullish(),
  includeDDL: z.boolean().nullish(),
  storedProcedureFilterPattern: filterPatternSchema.nullish(),
  /** Only early versions of OpenMetadata have it. */
  markDeletedTablesFromFilterOnly: z.boolean().nullish(),
  markDeletedStoredProcedures: z.boolean().nullish(),
  markDeletedSchemas: z.boolean().nullish(),
  markDeletedDatabases: z.boolean().nullish(),
  /** Runner's own: profiles of columns by aggregate queries, within this number of calls. */
  profile: z.strictObject({ maxApiCalls: z.int().min(1).max(10_000).default(50) }).nullish(),
  /** Runner's own: this number of rows of each table, within this number of calls. */
  sampleRows: z
    .strictObject({
      rows: z.int().min(1).max(100).default(50),
      maxApiCalls: z.int().min(1).max(10_000).default(50),
    })
    .nullish(),
});
export type ParsedOptions = z.infer<typeof optionsSchema>;

/**
 * Has its effect in the sink that writes to a catalog; a run without such a sink reports it itself.
 */
const HANDLED_BY_SINK = 'overrideMetadata';
const EFFECTIVE: ReadonlySet<string> = new Set([
  ...Object.keys(optionsSchema.shape),
  HANDLED_BY_SINK,
]);
/**
 * OpenMetadata's options without effect here, with their defaults. A default value changes nothing,
 * so it is not reported.
 */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  threads: 1,
  queryLogDuration: 1,
  queryParsingTimeoutLimit: 300,
  extractJsonSchema: false,
  jsonSchemaSampleSize: 10,
};
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([...Object.keys(DEFAULTS), 'ownerConfig']);

/** Throws JOB_INVALID with all problems. */
export function parseOptions(config: Readonly<Record<string, unknown>>): ParsedOptions {
  return parseSourceConfig(optionsSchema, config);
}

/** Options that are set and have no effect: names of known ones, and the number of unknown ones. */
export function optionsWithoutEffect(config: Readonly<Record<string, unknown>>): {
  readonly ignored: readonly string[];
  readonly unknown: number;
} {
  const names = Object.keys(config).filter(
    (name) =>
      !EFFECTIVE.has(name) &&
      config[name] !== null &&
      config[name] !== undefined &&
      config[name] !== DEFAULTS[name],
  );
  const ignored = names.filter((name) => WITHOUT_EFFECT.has(name));
  return { ignored, unknown: names.length - ignored.length };
}
