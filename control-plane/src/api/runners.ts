import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { drainRunner, resumeRunner } from '../runners/draining.ts';
import { moveRunner } from '../runners/moving.ts';
import { createToken, enroll } from '../runners/enrollment.ts';
import type { Registry } from '../link/registry.ts';
import { revokeRunner } from '../runners/revocation.ts';
import type { Deps } from '../deps.ts';
import {
  application,
  createRoute,
  jsonBody,
  REJECTIONS,
  requestBody,
  SECURITY,
} from './routing.ts';
import { runnerView, runnerViews } from './runner-view.ts';
import {
  ApiError,
  DrainRequest,
  Enrolled,
  EnrollmentRequest,
  IdParameter,
  RunnerRequest,
  RunnerView,
  Token,
  TokenRequest,
} from './schemas.ts';

const enrollRoute = createRoute({
  method: 'post',
  path: '/runner/v1/enroll',
  summary: 'Exchange an enrollment token for an identity',
  request: requestBody(EnrollmentRequest),
  responses: {
    201: jsonBody(Enrolled, 'The identity'),
    400: jsonBody(ApiError, 'Rejected'),
    403: jsonBody(ApiError, 'The token is unknown, used or expired'),
  },
});
const createTokenRoute = createRoute({
  method: 'post',
  path: '/api/v1/enrollment-tokens',
  summary: 'Create a token that enrolls one runner',
  security: SECURITY,
  request: requestBody(TokenRequest),
  responses: { 201: jsonBody(Token, 'The token, which is not shown again'), ...REJECTIONS },
});
const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/runners',
  summary: 'List runners',
  security: SECURITY,
  responses: {
    200: jsonBody(z.object({ runners: z.array(RunnerView) }), 'All runners'),
    ...REJECTIONS,
  },
});
const patchRoute = createRoute({
  method: 'patch',
  path: '/api/v1/runners/{id}',
  summary: 'Move a runner to another pool; it finishes its runs',
  security: SECURITY,
  request: { params: IdParameter, ...requestBody(RunnerRequest) },
  responses: { 200: jsonBody(RunnerView, 'The runner'), ...REJECTIONS },
});
const drainRoute = createRoute({
  method: 'post',
  path: '/api/v1/runners/{id}/drain',
  summary: 'Drain a runner: it finishes its runs and gets no new ones',
  security: SECURITY,
  request: { params: IdParameter, ...requestBody(DrainRequest) },
  responses: { 200: jsonBody(RunnerView, 'The runner'), ...REJECTIONS },
});
const resumeRoute = createRoute({
  method: 'post',
  path: '/api/v1/runners/{id}/resume',
  summary: 'Resume a drained runner',
  security: SECURITY,
  request: { params: IdParameter },
  responses: { 200: jsonBody(RunnerView, 'The runner'), ...REJECTIONS },
});
const revokeRoute = createRoute({
  method: 'post',
  path: '/api/v1/runners/{id}/revoke',
  summary: 'Revoke a runner permanently',
  security: SECURITY,
  request: { params: IdParameter },
  responses: { 200: jsonBody(RunnerView, 'The runner'), ...REJECTIONS },
});

export function enrollmentApi(deps: Deps): OpenAPIHono {
  const app = application();
  app.openapi(enrollRoute, async (context) => {
    const { publicKey, ...request } = context.req.valid('json');
    return context.json(
      await enroll(deps, { ...request, publicKey: Buffer.from(publicKey, 'base64') }),
      201,
    );
  });
  return app;
}

export function runnersApi(deps: Deps, registry: Registry): OpenAPIHono {
  const app = application();
  const view = runnerView(deps, registry);
  app.openapi(createTokenRoute, async (context) => {
    const { name, ...request } = context.req.valid('json');
    return context.json(await createToken(deps, { ...request, name: name ?? null }), 201);
  });
  app.openapi(listRoute, async (context) => {
    const runners = await deps.store.read.runners.list();
    return context.json({ runners: await runnerViews(deps, registry, runners) }, 200);
  });
  app.openapi(patchRoute, async (context) => {
    const { pool } = context.req.valid('json');
    return context.json(
      await view(await moveRunner(deps, context.req.valid('param').id, pool)),
      200,
    );
  });
  app.openapi(drainRoute, async (context) => {
    const { id } = context.req.valid('param');
    const { reason } = context.req.valid('json');
    return context.json(await view(await drainRunner(deps, registry, id, reason)), 200);
  });
  app.openapi(resumeRoute, async (context) =>
    context.json(
      await view(await resumeRunner(deps, registry, context.req.valid('param').id)),
      200,
    ),
  );
  app.openapi(revokeRoute, async (context) =>
    context.json(
      await view(await revokeRunner(deps, registry, context.req.valid('param').id)),
      200,
    ),
  );
  return app;
}
