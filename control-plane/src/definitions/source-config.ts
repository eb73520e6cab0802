import { z } from 'zod';
import { filterPattern } from './filter-pattern.ts';
import { parseDefinition } from './parse.ts';

const flag = z.boolean().nullish();
const count = z.int().min(0).nullish();
const calls = z.int().min(1).max(10_000);

/**
 * OpenMetadata's databaseServiceMetadataPipeline.json (1.8 to 1.13), plus the runner's own options
 * `profile` and `sampleRows`. Options without effect for Salesforce are accepted, because
 * OpenMetadata's forms write them.
 */
const sourceConfig = z.strictObject({
  type: z.literal('DatabaseMetadata').optional(),
  databaseFilterPattern: filterPattern.nullish(),
  schemaFilterPattern: filterPattern.nullish(),
  tableFilterPattern: filterPattern.nullish(),
  storedProcedureFilterPattern: filterPattern.nullish(),
  useFqnForFiltering: flag,
  includeTables: flag,
  includeViews: flag,
  includeTags: flag,
  includeOwners: flag,
  includeStoredProcedures: flag,
  includeDDL: flag,
  markDeletedTables: flag,
  markDeletedTablesFromFilterOnly: flag,
  markDeletedStoredProcedures: flag,
  markDeletedSchemas: flag,
  markDeletedDatabases: flag,
  incremental: z.looseObject({ enabled: flag }).nullish(),
  overrideMetadata: flag,
  profile: z.strictObject({ maxApiCalls: calls.optional() }).nullish(),
  sampleRows: z
    .strictObject({ rows: z.int().min(1).max(100).optional(), maxApiCalls: calls.optional() })
    .nullish(),
  threads: count,
  queryLogDuration: count,
  queryParsingTimeoutLimit: count,
  jsonSchemaSampleSize: count,
  extractJsonSchema: flag,
  ownerConfig: z.record(z.string(), z.unknown()).nullish(),
});

export const SOURCE_OPTIONS: readonly string[] = Object.keys(sourceConfig.shape);

/**
 * Validates the options of a pipeline and drops null members. Throws INPUT_INVALID with all
 * problems.
 */
export function parseSourceConfig(
  document: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return parseDefinition('sourceConfig', document, sourceConfig);
}
