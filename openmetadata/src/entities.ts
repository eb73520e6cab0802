import { z } from 'zod';
import type { EntityType } from '../../foundation/src/domain/record.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import {
  columnSchema,
  constraintProblems,
  DUPLICATE_COLUMN,
  entityNameSchema,
  extensionSchema,
  fqnSchema,
  hasDuplicateNames,
  keyProblem,
  tableConstraintSchema,
  tagLabelSchema,
} from './columns.ts';
import { TABLE_TYPES } from './data-types.ts';
import { ownNameOf } from './names.ts';

/*
 * The create requests that the runner sends, as OpenMetadata 1.13 accepts them
 * (api/services/createDatabaseService.json, api/data/createDatabase.json,
 * createDatabaseSchema.json, createTable.json). Stricter than those schemas where the server is:
 * text types require a length, and constraints may only refer to columns of the table.
 */

const entityReferenceSchema = z.strictObject({
  id: z.uuid(),
  type: z.string(),
  name: z.string().optional(),
  fullyQualifiedName: z.string().optional(),
});

const described = {
  name: entityNameSchema,
  displayName: z.string().optional(),
  description: z.string().optional(),
  tags: z.array(tagLabelSchema).optional(),
  owners: z.array(entityReferenceSchema).optional(),
  domains: z.array(z.string()).optional(),
  dataProducts: z.array(fqnSchema).optional(),
} as const;

const sourced = {
  sourceUrl: z.url().optional(),
  retentionPeriod: z.string().optional(),
  extension: extensionSchema.optional(),
  /** Lets a server skip an unchanged entity; at most 32 characters. */
  sourceHash: z.string().min(1).max(32).optional(),
} as const;

/** Without `connection`: records contain no sign-in. The connector provides `serviceType`. */
export const createDatabaseServiceSchema = z.strictObject({
  ...described,
  serviceType: z.string().min(1),
});

export const createDatabaseSchema = z.strictObject({
  ...described,
  ...sourced,
  service: fqnSchema,
  default: z.boolean().optional(),
});

export const createDatabaseSchemaSchema = z.strictObject({
  ...described,
  ...sourced,
  database: fqnSchema,
});

export const createTableSchema = z
  .strictObject({
    ...described,
    ...sourced,
    databaseSchema: fqnSchema,
    tableType: z.enum(TABLE_TYPES).optional(),
    columns: z.array(columnSchema),
    tableConstraints: z.array(tableConstraintSchema).optional(),
    schemaDefinition: z.string().optional(),
  })
  .check((context) => {
    const { columns, tableConstraints } = context.value;
    const names = new Set(columns.map((column) => column.name));
    const report = (path: (string | number)[], message: string): void => {
      context.issues.push({ code: 'custom', input: context.value, path, message });
    };
    if (hasDuplicateNames(columns)) report(['columns'], DUPLICATE_COLUMN);
    const keys = keyProblem(columns, tableConstraints);
    if (keys !== undefined) report([], keys);
    tableConstraints?.forEach((constraint, index) => {
      for (const problem of constraintProblems(constraint, names))
        report(['tableConstraints', index], problem);
    });
  });
export type CreateTable = z.infer<typeof createTableSchema>;

/** api/data/createStoredProcedure.json: code in a schema, beside its tables. */
export const createStoredProcedureSchema = z.strictObject({
  ...described,
  ...sourced,
  databaseSchema: fqnSchema,
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

/**
 * Throws ENTITY_INVALID with the entity's name and its first problems, unless the server would
 * accept the request.
 */
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

/**
 * Types named by the source. The names of other types come from the job, and messages must not
 * repeat them.
 */
const NAMED_BY_SOURCE: ReadonlySet<EntityType> = new Set(['table', 'storedProcedure']);

export function invalid(
  type: EntityType,
  fqn: string,
  problems: readonly string[],
  cause?: unknown,
): RunnerError {
  const name = NAMED_BY_SOURCE.has(type) ? ` "${ownNameOf(fqn)}"` : '';
  const message = `${type}${name} is not valid: ${problems.slice(0, 3).join('; ')}`;
  return new RunnerError('ENTITY_INVALID', message, { cause });
}
