import type { OpenAPIHono } from '@hono/zod-openapi';
import { keepRuns, saveKeepRuns } from '../runs/retention.ts';
import type { Deps } from '../deps.ts';
import {
  application,
  createRoute,
  jsonBody,
  REJECTIONS,
  requestBody,
  SECURITY,
} from './routing.ts';
import { Settings } from './schemas.ts';

const getRoute = createRoute({
  method: 'get',
  path: '/api/v1/settings',
  summary: 'Get the settings',
  security: SECURITY,
  responses: { 200: jsonBody(Settings, 'The settings'), ...REJECTIONS },
});
const putRoute = createRoute({
  method: 'put',
  path: '/api/v1/settings',
  summary: 'Change the settings',
  security: SECURITY,
  request: requestBody(Settings),
  responses: { 200: jsonBody(Settings, 'The settings'), ...REJECTIONS },
});

export function settingsApi(deps: Deps): OpenAPIHono {
  const app = application();
  app.openapi(getRoute, async (context) =>
    context.json({ keepRuns: await keepRuns(deps.store.read) }, 200),
  );
  app.openapi(putRoute, async (context) => {
    const settings = context.req.valid('json');
    await saveKeepRuns(deps, settings.keepRuns);
    return context.json(settings, 200);
  });
  return app;
}
