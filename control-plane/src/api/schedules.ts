import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { existingPipeline } from '../definitions/existing.ts';
import { tagOf } from '../definitions/precondition.ts';
import type { Deps } from '../deps.ts';
import {
  defineSchedule,
  existingSchedule,
  settingsOf,
  undefineSchedule,
} from '../schedules/definitions.ts';
import { viewSchedule } from '../schedules/schedule-view.ts';
import {
  application,
  createRoute,
  DELETED,
  jsonBody,
  preconditionOf,
  PreconditionHeaders,
  REFUSALS,
  requestBody,
  SECURITY,
} from './routing.ts';
import { ScheduleRequest, ScheduleView } from './schedule-schemas.ts';
import { NameParameter } from './schemas.ts';

const PATH = '/api/v1/pipelines/{name}/schedule';
const schedule = {
  200: jsonBody(ScheduleView, 'The schedule; the ETag header identifies what is set'),
  ...REFUSALS,
};

const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/schedules',
  summary: 'List the schedules of all pipelines',
  security: SECURITY,
  responses: {
    200: jsonBody(z.object({ schedules: z.array(ScheduleView) }), 'All schedules'),
    ...REFUSALS,
  },
});
const getRoute = createRoute({
  method: 'get',
  path: PATH,
  summary: 'Get the schedule of a pipeline; a pipeline without one is only started by people',
  security: SECURITY,
  request: { params: NameParameter },
  responses: schedule,
});
const putRoute = createRoute({
  method: 'put',
  path: PATH,
  summary: 'Create the schedule of a pipeline, or replace the state given in If-Match',
  security: SECURITY,
  request: {
    params: NameParameter,
    headers: PreconditionHeaders,
    ...requestBody(ScheduleRequest),
  },
  responses: schedule,
});
const deleteRoute = createRoute({
  method: 'delete',
  path: PATH,
  summary: 'Delete the schedule of a pipeline',
  security: SECURITY,
  request: { params: NameParameter, headers: PreconditionHeaders },
  responses: DELETED,
});

export function schedulesApi(deps: Deps): OpenAPIHono {
  const { read } = deps.store;
  const app = application();
  app.openapi(listRoute, async (context) => {
    const schedules = await read.schedules.list();
    return context.json({ schedules: schedules.map((one) => viewSchedule(deps, one)) }, 200);
  });
  app.openapi(getRoute, async (context) => {
    const { name } = context.req.valid('param');
    await existingPipeline(read, name);
    const found = await existingSchedule(read, name);
    return context.json(viewSchedule(deps, found), 200, { etag: tagOf(settingsOf(found)) });
  });
  app.openapi(putRoute, async (context) => {
    const draft = { ...context.req.valid('json'), pipeline: context.req.valid('param').name };
    const precondition = preconditionOf(context.req.valid('header'));
    const saved = await defineSchedule(deps, draft, precondition);
    return context.json(viewSchedule(deps, saved), 200, { etag: tagOf(settingsOf(saved)) });
  });
  app.openapi(deleteRoute, async (context) => {
    const { name } = context.req.valid('param');
    await undefineSchedule(deps, name, preconditionOf(context.req.valid('header')));
    return context.body(null, 204);
  });
  return app;
}
