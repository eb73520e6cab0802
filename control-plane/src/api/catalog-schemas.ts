import { z } from '@hono/zod-openapi';
import { Limit, Time } from './schemas.ts';

const JsonObject = z.record(z.string(), z.unknown());
const Text = z.string().nullable();

export const EntityRowSchema = z
  .object({
    fqn: z.string(),
    service: z.string(),
    type: z.string(),
    name: z.string(),
    displayName: Text,
    description: Text,
    deletedAt: Time.nullable(),
  })
  .openapi('EntityRow');

export const TableRowSchema = EntityRowSchema.extend({
  tableType: Text,
  columns: z.number().int(),
}).openapi('TableRow');

const Provenance = z.object({
  runId: z.string(),
  attempt: z.number().int(),
  epoch: z.number().int(),
  updatedAt: Time,
  seenBy: z
    .string()
    .openapi({ description: 'The last run that found the entity in the source, changed or not' }),
  seenAt: Time,
});

export const EntityView = z
  .object({
    fqn: z.string(),
    service: z.string(),
    type: z.string(),
    request: JsonObject,
    properties: JsonObject,
    deleted: z.boolean(),
    deletedAt: Time.nullable(),
    provenance: Provenance,
  })
  .openapi('Entity');

const EdgeSchema = z
  .object({
    from: z.string(),
    to: z.string(),
    source: Text,
    description: Text,
    columns: z
      .array(
        z
          .object({ from: z.array(z.string()).readonly(), to: z.string(), function: Text })
          .readonly(),
      )
      .readonly(),
  })
  .readonly()
  .openapi('LineageEdge');

export const TableView = z
  .object({
    fqn: z.string(),
    service: z.string(),
    request: JsonObject,
    properties: JsonObject.openapi({
      description: 'Facts that OpenMetadata’s create request has no field for',
    }),
    deleted: z.boolean(),
    deletedAt: Time.nullable(),
    tags: z.array(
      z.object({
        tagFQN: z.string(),
        column: Text.openapi({ description: 'Null for a tag of the table itself' }),
        description: Text,
      }),
    ),
    owners: z
      .array(z.object({ name: Text, email: Text, kind: Text, column: Text }))
      .openapi({ description: 'Owners as named in the source' }),
    lineage: z.object({ upstream: z.array(EdgeSchema), downstream: z.array(EdgeSchema) }),
    profile: JsonObject.nullable().openapi({ description: 'createTableProfile.json' }),
    sample: JsonObject.nullable(),
    code: z
      .array(EntityRowSchema)
      .openapi({ description: 'Triggers and flows that use the table' }),
    provenance: Provenance,
  })
  .openapi('Table');

const Depth = z.coerce.number().int().min(0).max(3).default(1);
export const LineageQuery = z.object({ upstreamDepth: Depth, downstreamDepth: Depth });

export const LineageView = z
  .object({
    fqn: z.string(),
    nodes: z.array(
      z.object({
        fqn: z.string(),
        name: z.string(),
        displayName: Text,
        known: z.boolean(),
        deleted: z.boolean(),
        level: z.number().int(),
      }),
    ),
    edges: z.array(EdgeSchema),
    truncated: z.boolean(),
  })
  .openapi('Lineage');

export const TypeCountSchema = z
  .object({ service: z.string(), type: z.string(), count: z.number().int() })
  .openapi('TypeCount');

/** A boolean query parameter. */
const Flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');
export const FqnParameter = z.object({
  fqn: z
    .string()
    .max(3072)
    .openapi({ param: { name: 'fqn', in: 'path' } }),
});

export const EntityFilterQuery = z.object({
  service: z.string().optional(),
  q: z.string().max(200).optional(),
  after: z.string().max(3072).optional(),
  deleted: Flag,
  limit: Limit(500, 50),
});

/** The `after` of the next page, given a page that was read with one row more than its limit. */
export function nextOf(rows: readonly { readonly fqn: string }[], limit: number): string | null {
  return rows.length > limit ? rows[limit - 1]!.fqn : null;
}
