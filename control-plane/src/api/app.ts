import type { HttpBindings } from '@hono/node-server';
import { z, type OpenAPIHono } from '@hono/zod-openapi';
import type { Hono } from 'hono';
import type { Deps } from '../deps.ts';
import type { Registry } from '../link/registry.ts';
import { version } from '../runtime/program.ts';
import { auditHeadsApi } from './audit-heads.ts';
import { serveConsole } from './console-files.ts';
import { entitiesApi } from './entities.ts';
import { jobKindsApi } from './job-kinds.ts';
import { addDefaults, requireAdminToken } from './middleware.ts';
import { metricsApi } from './metrics.ts';
import { pipelinesApi } from './pipelines.ts';
import { application, createRoute, jsonBody } from './routing.ts';
import { runContentsApi } from './run-contents.ts';
import { enrollmentApi, runnersApi } from './runners.ts';
import { runsApi } from './runs.ts';
import { schedulesApi } from './schedules.ts';
import { signaturesApi } from './signatures.ts';
import { servicesApi } from './services.ts';
import { settingsApi } from './settings.ts';
import { tablesApi } from './tables.ts';

const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Check that the store responds',
  responses: {
    200: jsonBody(
      z.object({ status: z.literal('ok'), runnersConnected: z.number().int() }),
      'The store responds',
    ),
  },
});

export interface AppOptions {
  readonly deps: Deps;
  readonly registry: Registry;
  readonly adminTokenHash: Buffer;
  /** Ends event streams. */
  readonly stopping: AbortSignal;
  /** The API for OpenMetadata servers, with its own sign-in. */
  readonly openMetadata: Hono<{ Bindings: HttpBindings }>;
}

/** The HTTP side: API, enrollment, console. */
export function createApp(options: AppOptions): OpenAPIHono {
  const { deps, registry, adminTokenHash, stopping, openMetadata } = options;
  const app = application();
  // Before the admin token: paths under /api belong to both.
  app.route('/', openMetadata);
  addDefaults(app, deps);
  requireAdminToken(app, adminTokenHash);
  for (const part of [
    enrollmentApi(deps),
    runnersApi(deps, registry),
    auditHeadsApi(deps, registry),
    servicesApi(deps),
    pipelinesApi(deps),
    schedulesApi(deps),
    signaturesApi(deps),
    settingsApi(deps),
    jobKindsApi(),
    tablesApi(deps),
    entitiesApi(deps),
    runsApi(deps, registry),
    metricsApi(deps, registry),
    runContentsApi(deps, stopping),
  ])
    app.route('/', part);
  app.openapi(healthRoute, async (context) => {
    await deps.store.read.runs.list({ limit: 1 });
    return context.json({ status: 'ok' as const, runnersConnected: registry.all().length }, 200);
  });
  describeApi(app);
  serveConsole(app);
  return app;
}

function describeApi(app: OpenAPIHono): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'adminToken', {
    type: 'http',
    scheme: 'bearer',
  });
  app.doc31('/api/v1/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Hybrid runner control plane', version: version() },
  });
}
