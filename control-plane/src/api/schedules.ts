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
import { definitionRoutes } from './definition-routes.ts';
import { application, preconditionOf } from './routing.ts';
import { ScheduleRequest, ScheduleView } from './schedule-schemas.ts';

const routes = definitionRoutes({
  path: '/api/v1/pipelines/{name}/schedule',
  listPath: '/api/v1/schedules',
  request: ScheduleRequest,
  view: ScheduleView,
  list: z.object({ schedules: z.array(ScheduleView) }),
  texts: {
    put: 'Create the schedule of a pipeline, or replace the state given in If-Match',
    list: 'List the schedules of all pipelines',
    get: 'Get the schedule of a pipeline; a pipeline without one is only started by hand',
    delete: 'Delete the schedule of a pipeline',
    view: 'The schedule; the ETag header identifies what is set',
    all: 'All schedules',
  },
});

export function schedulesApi(deps: Deps): OpenAPIHono {
  const { read } = deps.store;
  const app = application();
  app.openapi(routes.list, async (context) => {
    const schedules = await read.schedules.list();
    return context.json({ schedules: schedules.map((one) => viewSchedule(deps, one)) }, 200);
  });
  app.openapi(routes.get, async (context) => {
    const { name } = context.req.valid('param');
    await existingPipeline(read, name);
    const found = await existingSchedule(read, name);
    return context.json(viewSchedule(deps, found), 200, { etag: tagOf(settingsOf(found)) });
  });
  app.openapi(routes.put, async (context) => {
    const draft = { ...context.req.valid('json'), pipeline: context.req.valid('param').name };
    const precondition = preconditionOf(context.req.valid('header'));
    const saved = await defineSchedule(deps, draft, precondition);
    return context.json(viewSchedule(deps, saved), 200, { etag: tagOf(settingsOf(saved)) });
  });
  app.openapi(routes.delete, async (context) => {
    const { name } = context.req.valid('param');
    await undefineSchedule(deps, name, preconditionOf(context.req.valid('header')));
    return context.body(null, 204);
  });
  return app;
}
