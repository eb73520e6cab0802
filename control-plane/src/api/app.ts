import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { ControlPlaneError } from '../runtime/errors.ts';
import { sameToken } from '../runners/enrollment.ts';
import { problemsOf } from '../runtime/problems.ts';
import type { Registry } from '../link/registry.ts';
import type { Ground } from '../deps.ts';
import { entitiesApi } from './entities.ts';
import { pipelinesApi } from './pipelines.ts';
import { application, createRoute, jsonBody } from './routing.ts';
import { enrollmentApi, runnersApi } from './runners.ts';
import { runsApi } from './runs.ts';
import { servicesApi } from './services.ts';
import { settingsApi } from './settings.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const CONSOLE = fileURLToPath(new URL('../../console/', import.meta.url));
const MODULES = [
  'main',
  'api',
  'dom',
  'runners',
  'services',
  'service-form',
  'pipeline-form',
  'forms',
  'options',
  'runs',
  'run',
  'tables',
  'table',
  'table-facts',
  'lineage',
  'entities',
  'entity',
];
/** Every file of the console by its address; nothing else in that folder is served. */
const CONSOLE_FILES: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  '/': { file: 'index.html', type: 'text/html; charset=utf-8' },
  '/console.css': { file: 'console.css', type: 'text/css; charset=utf-8' },
  ...Object.fromEntries(
    MODULES.map((name) => [
      `/${name}.js`,
      { file: `${name}.js`, type: 'text/javascript; charset=utf-8' },
    ]),
  ),
};

const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Whether the store answers',
  responses: {
    200: jsonBody(
      z.object({ status: z.literal('ok'), runnersConnected: z.number().int() }),
      'It does',
    ),
  },
});

export interface AppOptions {
  readonly ground: Ground;
  readonly registry: Registry;
  readonly adminTokenHash: Buffer;
  /** Ends event streams. */
  readonly stopping: AbortSignal;
}

/** The HTTP side: API, enrollment, console. */
export function createApp({ ground, registry, adminTokenHash, stopping }: AppOptions): OpenAPIHono {
  const app = application();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      // A browser applies it to every port of the host, and the host is often localhost.
      strictTransportSecurity: false,
      xFrameOptions: 'DENY',
      referrerPolicy: 'no-referrer',
    }),
  );
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => {
        throw new ControlPlaneError('INPUT_INVALID', 'the body is too large');
      },
    }),
  );
  app.onError((thrown, context) => {
    const error = toError(thrown);
    if (error.code === 'INTERNAL')
      ground.log.error({ err: thrown, path: context.req.path }, 'request failed');
    return context.json({ error: error.body() }, error.status);
  });
  app.notFound((context) =>
    context.json(
      { error: new ControlPlaneError('NOT_FOUND', `nothing is at ${context.req.path}`).body() },
      404,
    ),
  );
  guard(app, adminTokenHash);
  for (const part of [
    enrollmentApi(ground),
    runnersApi(ground, registry),
    servicesApi(ground),
    pipelinesApi(ground),
    settingsApi(ground),
    entitiesApi(ground),
    runsApi(ground, registry, stopping),
  ])
    app.route('/', part);
  app.openapi(healthRoute, async (context) => {
    await ground.store.read.runs.list({ limit: 1 });
    return context.json({ status: 'ok' as const, runnersConnected: registry.all().length }, 200);
  });
  app.openAPIRegistry.registerComponent('securitySchemes', 'adminToken', {
    type: 'http',
    scheme: 'bearer',
  });
  app.doc31('/api/v1/openapi.json', {
    openapi: '3.1.0',
    info: { title: 'Hybrid runner control plane', version: '0.1.0' },
  });
  serveConsole(app);
  return app;
}

function toError(thrown: Error): ControlPlaneError {
  if (thrown instanceof HTTPException)
    return new ControlPlaneError('INPUT_INVALID', thrown.message);
  if (thrown instanceof z.ZodError)
    return new ControlPlaneError('INPUT_INVALID', problemsOf(thrown));
  return ControlPlaneError.from(thrown);
}

/** The API is for who holds the admin token; its description is for everyone. */
function guard(app: OpenAPIHono, adminTokenHash: Buffer): void {
  app.use('/api/*', async (context, next) => {
    if (context.req.path !== '/api/v1/openapi.json') {
      const given = /^Bearer (?<token>\S+)$/.exec(context.req.header('authorization') ?? '')
        ?.groups?.['token'];
      if (given === undefined || !sameToken(given, adminTokenHash))
        throw new ControlPlaneError('UNAUTHENTICATED', 'the admin token is missing or wrong');
      context.header('cache-control', 'no-store');
    }
    await next();
  });
}

function serveConsole(app: OpenAPIHono): void {
  for (const [path, { file, type }] of Object.entries(CONSOLE_FILES)) {
    app.get(path, async (context) =>
      context.body(await readFile(`${CONSOLE}${file}`, 'utf8'), 200, {
        'content-type': type,
        'cache-control': 'no-cache',
      }),
    );
  }
}
