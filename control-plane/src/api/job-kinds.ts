import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { JOB_KIND_SPECS, JOB_KINDS } from '../runs/job-kinds.ts';
import { application, createRoute, jsonBody, REJECTIONS, SECURITY } from './routing.ts';

const JobKindView = z.object({ kind: z.enum(JOB_KINDS), title: z.string() }).openapi('JobKind');

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/job-kinds',
  summary: 'List the kinds of job',
  security: SECURITY,
  responses: {
    200: jsonBody(z.object({ kinds: z.array(JobKindView) }), 'All job kinds'),
    ...REJECTIONS,
  },
});

export function jobKindsApi(): OpenAPIHono {
  const app = application();
  const kinds = JOB_KINDS.map((kind) => ({ kind, title: JOB_KIND_SPECS[kind].title }));
  app.openapi(listRoute, (context) => context.json({ kinds }, 200));
  return app;
}
