import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { provenanceOf } from '../catalog/table-view.ts';
import type { Deps } from '../deps.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import {
  EntityFilterQuery,
  EntityRowSchema,
  EntityView,
  FqnParameter,
  nextOf,
  TypeCountSchema,
} from './catalog-schemas.ts';
import { application, createRoute, jsonBody, REJECTIONS, SECURITY } from './routing.ts';

const typesRoute = createRoute({
  method: 'get',
  path: '/api/v1/entity-types',
  summary: 'Count entities by service and type',
  security: SECURITY,
  responses: {
    200: jsonBody(z.object({ types: z.array(TypeCountSchema) }), 'The types'),
    ...REJECTIONS,
  },
});
const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/entities',
  summary: 'List entities of one type by name',
  security: SECURITY,
  request: { query: EntityFilterQuery.extend({ type: z.string().min(1).max(100) }) },
  responses: {
    200: jsonBody(
      z.object({
        entities: z.array(EntityRowSchema),
        next: z.string().nullable(),
        total: z.number().int(),
      }),
      'A page of entities',
    ),
    ...REJECTIONS,
  },
});
const EntityParameters = FqnParameter.extend({
  service: z
    .string()
    .max(128)
    .openapi({ param: { name: 'service', in: 'path' } }),
  type: z
    .string()
    .max(100)
    .openapi({ param: { name: 'type', in: 'path' } }),
});
const getRoute = createRoute({
  method: 'get',
  path: '/api/v1/entities/{service}/{type}/{fqn}',
  summary: 'Get an entity of any type as it was received',
  security: SECURITY,
  request: { params: EntityParameters },
  responses: { 200: jsonBody(EntityView, 'The entity'), ...REJECTIONS },
});

export function entitiesApi({ store: { read } }: Deps): OpenAPIHono {
  const app = application();
  app.openapi(typesRoute, async (context) =>
    context.json({ types: await read.entities.types() }, 200),
  );
  app.openapi(listRoute, async (context) => {
    const { type, ...filter } = context.req.valid('query');
    const page = { ...filter, limit: filter.limit + 1 };
    const { entities, total } = await read.entities.ofType(type, page);
    const next = nextOf(entities, filter.limit);
    return context.json({ entities: entities.slice(0, filter.limit), next, total }, 200);
  });
  app.openapi(getRoute, async (context) => {
    const key = context.req.valid('param');
    const entity = await read.entities.get(key);
    if (entity === undefined)
      throw new ControlPlaneError(
        'NOT_FOUND',
        `service ${key.service} has no ${key.type} ${key.fqn}`,
      );
    const { request, properties, deletedAt } = entity;
    const deleted = deletedAt !== null;
    const provenance = provenanceOf(entity);
    return context.json({ ...key, request, properties, deleted, deletedAt, provenance }, 200);
  });
  return app;
}
