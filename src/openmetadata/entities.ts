import { z } from 'zod';
import { RunnerError } from '../runtime/errors.ts';
import type { EntityType } from '../domain/record.ts';
import { ownNameOf } from './names.ts';

/**
 * The create requests this runner sends, as OpenMetadata 1.13 takes them (api/services/createDatabaseService.json,
 * api/data/createDatabase.json, createDatabaseSchema.json, createTable.json). Stricter than those schemas where the
 * server itself is: text types need a length, constraints may only name columns that exist.
 */

/** table.json#/definitions/dataType. The two misspelt or spaced values are the server's own. */
export const DATA_TYPES = [
  'NUMBER',
  'TINYINT',
  'SMALLINT',
  'INT',
  'BIGINT',
  'BYTEINT',
  'BYTES',
  'FLOAT',
  'DOUBLE',
  'DECIMAL',
  'NUMERIC',
  'TIMESTAMP',
  'TIMESTAMPZ',
  'TIME',
  'DATE',
  'DATETIME',
  'INTERVAL',
  'STRING',
  'MEDIUMTEXT',
  'TEXT',
  'CHAR',
  'LONG',
  'VARCHAR',
  'BOOLEAN',
  'BINARY',
  'VARBINARY',
  'ARRAY',
  'BLOB',
  'LONGBLOB',
  'MEDIUMBLOB',
  'MAP',
  'STRUCT',
  'UNION',
  'SET',
  'GEOGRAPHY',
  'ENUM',
  'JSON',
  'UUID',
  'VARIANT',
  'GEOMETRY',
  'BYTEA',
  'AGGREGATEFUNCTION',
  'ERROR',
  'FIXED',
  'RECORD',
  'NULL',
  'SUPER',
  'HLLSKETCH',
  'PG_LSN',
  'PG_SNAPSHOT',
  'TSQUERY',
  'TXID_SNAPSHOT',
  'XML',
  'MACADDR',
  'TSVECTOR',
  'UNKNOWN',
  'CIDR',
  'INET',
  'CLOB',
  'ROWID',
  'LOWCARDINALITY',
  'YEAR',
  'POINT',
  'POLYGON',
  'TUPLE',
  'SPATIAL',
  'TABLE',
  'NTEXT',
  'IMAGE',
  'IPV4',
  'IPV6',
  'DATETIMERANGE',
  'HLL',
  'LARGEINT',
  'QUANTILE_STATE',
  'AGG_STATE',
  'BITMAP',
  'UINT',
  'BIT',
  'MONEY',
  'MEASURE HIDDEN',
  'MEASURE VISIBLE',
  'MEASURE',
  'KPI',
  'HEIRARCHY',
  'HIERARCHYID',
] as const;
export type DataType = (typeof DATA_TYPES)[number];

export const TABLE_TYPES = [
  'Regular',
  'External',
  'Dynamic',
  'View',
  'SecureView',
  'MaterializedView',
  'Iceberg',
  'Local',
  'Partitioned',
  'Foreign',
  'Transient',
  'Stream',
  'Stage',
] as const;
export type TableType = (typeof TABLE_TYPES)[number];

/** Servers before 1.13 hold column names to 256 characters too, so this does for all. */
export const LONGEST_NAME = 256;
export const NAME = /^(?:(?!::).)+$/;
export const LONGEST_FQN = 3072;
const entityName = z.string().max(LONGEST_NAME).regex(NAME, 'is empty, spans lines or holds "::"');
const fullyQualifiedName = z.string().min(1).max(LONGEST_FQN);
const extension = z.record(z.string(), z.unknown());

export const tagLabelSchema = z.strictObject({
  tagFQN: z.string().min(1),
  name: z.string().optional(),
  displayName: z.string().optional(),
  description: z.string().optional(),
  source: z.enum(['Classification', 'Glossary']),
  labelType: z.enum(['Manual', 'Propagated', 'Automated', 'Derived', 'Generated']),
  state: z.enum(['Suggested', 'Confirmed']),
});
export type TagLabel = z.infer<typeof tagLabelSchema>;

const entityReferenceSchema = z.strictObject({
  id: z.uuid(),
  type: z.string(),
  name: z.string().optional(),
  fullyQualifiedName: z.string().optional(),
});
export type EntityReference = z.infer<typeof entityReferenceSchema>;

export const NEEDS_LENGTH: ReadonlySet<DataType> = new Set([
  'CHAR',
  'VARCHAR',
  'BINARY',
  'VARBINARY',
]);

export const columnSchema = z
  .strictObject({
    name: entityName,
    displayName: z.string().optional(),
    dataType: z.enum(DATA_TYPES),
    /** Needed when `dataType` is ARRAY. */
    arrayDataType: z.enum(DATA_TYPES).optional(),
    /** Needed for CHAR, VARCHAR, BINARY and VARBINARY. */
    dataLength: z.int().nonnegative().optional(),
    precision: z.int().nonnegative().optional(),
    scale: z.int().nonnegative().optional(),
    dataTypeDisplay: z.string().optional(),
    description: z.string().optional(),
    tags: z.array(tagLabelSchema).optional(),
    constraint: z.enum(['NULL', 'NOT_NULL', 'UNIQUE', 'PRIMARY_KEY']).optional(),
    ordinalPosition: z.int().nonnegative().optional(),
    jsonSchema: z.string().optional(),
    extension: extension.optional(),
    get children() {
      return z.array(columnSchema).optional();
    },
  })
  .check((context) => {
    const { dataType, dataLength, arrayDataType, precision, scale } = context.value;
    const refuse = (path: string, message: string): void => {
      context.issues.push({ code: 'custom', input: context.value, path: [path], message });
    };
    if (NEEDS_LENGTH.has(dataType) && dataLength === undefined)
      refuse('dataLength', `is needed for ${dataType}`);
    if (dataType === 'ARRAY' && arrayDataType === undefined)
      refuse('arrayDataType', 'is needed for ARRAY');
    if (scale !== undefined && scale > (precision ?? -1))
      refuse('scale', 'is larger than the precision');
    if (namesTwice(context.value.children)) refuse('children', 'two have one name');
  });
export type Column = z.infer<typeof columnSchema>;

/** Whether two of the columns have one name, which the server refuses on each level. */
export function namesTwice(columns: readonly { readonly name: string }[] = []): boolean {
  return new Set(columns.map(({ name }) => name)).size !== columns.length;
}

/** What is wrong with the keys of a table as a whole; undefined when nothing is. The server has room for one primary key, said once, and for no constraint twice. */
export function keyProblem(
  columns: readonly Pick<Column, 'constraint'>[],
  constraints: readonly TableConstraint[] = [],
): string | undefined {
  const primary = columns.filter(({ constraint }) => constraint === 'PRIMARY_KEY').length;
  if (primary > 1) return 'columns have more than one PRIMARY_KEY';
  if (primary === 1 && constraints.some(({ constraintType }) => constraintType === 'PRIMARY_KEY'))
    return 'tableConstraints name the PRIMARY_KEY that a column has already';
  const said = new Set(
    constraints.map(({ constraintType, columns: names, referredColumns, relationshipType }) =>
      JSON.stringify([constraintType, names, referredColumns, relationshipType]),
    ),
  );
  return said.size === constraints.length ? undefined : 'tableConstraints say the same thing twice';
}

export const tableConstraintSchema = z.strictObject({
  constraintType: z.enum([
    'UNIQUE',
    'PRIMARY_KEY',
    'FOREIGN_KEY',
    'SORT_KEY',
    'DIST_KEY',
    'CLUSTER_KEY',
  ]),
  columns: z.array(z.string()).min(1),
  /** Fully qualified names of columns, one for each of `columns`, when it is a FOREIGN_KEY. */
  referredColumns: z.array(fullyQualifiedName).optional(),
  relationshipType: z.enum(['ONE_TO_ONE', 'ONE_TO_MANY', 'MANY_TO_ONE', 'MANY_TO_MANY']).optional(),
});
export type TableConstraint = z.infer<typeof tableConstraintSchema>;

const described = {
  name: entityName,
  displayName: z.string().optional(),
  description: z.string().optional(),
  tags: z.array(tagLabelSchema).optional(),
  owners: z.array(entityReferenceSchema).optional(),
  domains: z.array(z.string()).optional(),
  dataProducts: z.array(fullyQualifiedName).optional(),
} as const;

const sourced = {
  sourceUrl: z.url().optional(),
  retentionPeriod: z.string().optional(),
  extension: extension.optional(),
  /** Lets a server skip an entity that has not changed; at most 32 characters. */
  sourceHash: z.string().min(1).max(32).optional(),
} as const;

/** Without `connection`: where and how to sign in stays inside the network. `serviceType` is one of OpenMetadata's; the connector knows its own. */
export const createDatabaseServiceSchema = z.strictObject({
  ...described,
  serviceType: z.string().min(1),
});
export type CreateDatabaseService = z.infer<typeof createDatabaseServiceSchema>;

export const createDatabaseSchema = z.strictObject({
  ...described,
  ...sourced,
  service: fullyQualifiedName,
  default: z.boolean().optional(),
});
export type CreateDatabase = z.infer<typeof createDatabaseSchema>;

export const createDatabaseSchemaSchema = z.strictObject({
  ...described,
  ...sourced,
  database: fullyQualifiedName,
});
export type CreateDatabaseSchema = z.infer<typeof createDatabaseSchemaSchema>;

export const createTableSchema = z
  .strictObject({
    ...described,
    ...sourced,
    databaseSchema: fullyQualifiedName,
    tableType: z.enum(TABLE_TYPES).optional(),
    columns: z.array(columnSchema),
    tableConstraints: z.array(tableConstraintSchema).optional(),
    schemaDefinition: z.string().optional(),
  })
  .check((context) => {
    const { columns, tableConstraints } = context.value;
    const names = new Set(columns.map((column) => column.name));
    const refuse = (path: (string | number)[], message: string): void => {
      context.issues.push({ code: 'custom', input: context.value, path, message });
    };
    if (namesTwice(columns)) refuse(['columns'], 'two have one name');
    const keys = keyProblem(columns, tableConstraints);
    if (keys !== undefined) refuse([], keys);
    tableConstraints?.forEach((constraint, index) => {
      const stranger = constraint.columns.find((name) => !names.has(name));
      if (stranger !== undefined)
        refuse(['tableConstraints', index], `names "${stranger}", which is no column`);
      if (
        constraint.constraintType === 'FOREIGN_KEY' &&
        constraint.referredColumns?.length !== constraint.columns.length
      ) {
        refuse(['tableConstraints', index], 'needs one referred column for each of its columns');
      }
    });
  });
export type CreateTable = z.infer<typeof createTableSchema>;

/** api/data/createStoredProcedure.json: code that lives in a schema beside its tables. */
export const createStoredProcedureSchema = z.strictObject({
  ...described,
  ...sourced,
  databaseSchema: fullyQualifiedName,
  storedProcedureType: z.enum(['StoredProcedure', 'UDF', 'StoredPackage', 'Function']).optional(),
  storedProcedureCode: z.strictObject({
    language: z.enum(['SQL', 'Java', 'JavaScript', 'Python', 'External']).optional(),
    code: z.string().optional(),
  }),
});
export type CreateStoredProcedure = z.infer<typeof createStoredProcedureSchema>;

const schemas: Readonly<Record<EntityType, z.ZodType>> = {
  databaseService: createDatabaseServiceSchema,
  database: createDatabaseSchema,
  databaseSchema: createDatabaseSchemaSchema,
  table: createTableSchema,
  storedProcedure: createStoredProcedureSchema,
};

/** Throws ENTITY_INVALID, naming the entity and its first problems, unless the request is one the server would take. */
export function assertEntity(type: EntityType, fqn: string, request: unknown): void {
  const result = schemas[type].safeParse(request);
  if (result.success) return;
  throw invalid(
    type,
    fqn,
    result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`),
    result.error,
  );
}

/** What the source has; anything else is called what the job calls it, which no message may repeat. */
const PARTS_OF_SOURCE: ReadonlySet<EntityType> = new Set(['table', 'storedProcedure']);

export function invalid(
  type: EntityType,
  fqn: string,
  problems: readonly string[],
  cause?: unknown,
): RunnerError {
  return new RunnerError(
    'ENTITY_INVALID',
    `${type}${PARTS_OF_SOURCE.has(type) ? ` "${ownNameOf(fqn)}"` : ''} is not valid: ${problems.slice(0, 3).join('; ')}`,
    { cause },
  );
}
