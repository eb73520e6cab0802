import { z } from 'zod';
import type { EntityType } from '../../../foundation/src/domain/record.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

/** API path of each entity type, below `/v1`. */
export const ENTITY_PATHS: Readonly<Record<EntityType, string>> = {
  databaseService: '/services/databaseServices',
  database: '/databases',
  databaseSchema: '/databaseSchemas',
  table: '/tables',
  storedProcedure: '/storedProcedures',
};

const referenceSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  fullyQualifiedName: z.string().optional(),
  inherited: z.boolean().optional(),
});
export type StoredReference = z.infer<typeof referenceSchema>;

const tagSchema = z.looseObject({ tagFQN: z.string(), labelType: z.string().optional() });
export type StoredTag = z.infer<typeof tagSchema>;

/** A column as stored on the server: its type, and the fields that users edit. */
export interface StoredColumn {
  readonly name: string;
  readonly dataType?: string | undefined;
  readonly tags?: readonly StoredTag[] | null | undefined;
  readonly description?: string | undefined;
  readonly displayName?: string | undefined;
  readonly children?: readonly StoredColumn[] | null | undefined;
}

const storedColumnSchema: z.ZodType<StoredColumn> = z.looseObject({
  name: z.string(),
  dataType: z.string().optional(),
  tags: z.array(tagSchema).nullish(),
  description: z.string().optional(),
  displayName: z.string().optional(),
  get children() {
    return z.array(storedColumnSchema).nullish();
  },
});

/** An entity as stored on the server: the fields that the sink reads. */
export const storedEntitySchema = z.looseObject({
  id: z.string(),
  fullyQualifiedName: z.string(),
  deleted: z.boolean().default(false),
  version: z.number().optional(),
  sourceHash: z.string().optional(),
  displayName: z.string().optional(),
  description: z.string().optional(),
  owners: z.array(referenceSchema).nullish(),
  domains: z.array(referenceSchema).nullish(),
  columns: z.array(storedColumnSchema).optional(),
  tableConstraints: z.array(z.unknown()).nullish(),
  storedProcedureCode: z.looseObject({ code: z.string().optional() }).nullish(),
});
export type StoredEntity = z.infer<typeof storedEntitySchema>;

export const entityPageSchema = z.object({
  data: z.array(
    storedEntitySchema.pick({
      id: true,
      fullyQualifiedName: true,
      deleted: true,
      sourceHash: true,
      columns: true,
      tableConstraints: true,
      storedProcedureCode: true,
    }),
  ),
  paging: z.looseObject({ after: z.string().nullish() }),
});

/** type/bulkOperationResult.json. */
export const bulkResultSchema = z.looseObject({
  status: z.string(),
  numberOfRowsFailed: z.number().default(0),
  failedRequest: z.array(z.looseObject({ request: z.unknown() })).nullish(),
});

/** API path of an entity by its fully qualified name. */
export function byName(type: EntityType, fqn: string): string {
  return `${ENTITY_PATHS[type]}/name/${encodeURIComponent(fqn)}`;
}

/** Throws SINK_FAILED when the server's response does not match the schema. */
export function readAs<T>(schema: z.ZodType<T>, body: unknown, what: string): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new RunnerError('SINK_FAILED', `${what}: unexpected response from the server`, {
    cause: parsed.error,
    retryable: false,
  });
}

/** Names an entity in messages. */
export function titled(type: string, fqn: string): string {
  return `${type} "${fqn}"`;
}
