import { z, type OpenAPIHono } from '@hono/zod-openapi';
import { drainRunner, resumeRunner } from '../runners/draining.ts';
import { enroll, mintToken } from '../runners/enrollment.ts';
import { IDENTITY_REMEDY } from '../link/identity.ts';
import type { Conflict, Presence, Registry } from '../link/registry.ts';
import { revokeRunner } from '../runners/revocation.ts';
import type { Ground } from '../deps.ts';
import type { Runner } from '../store/store.ts';
import { application, createRoute, jsonBody, REFUSALS, requestBody, SECURITY } from './routing.ts';
import {
  ApiError,
  DrainRequest,
  Enrolled,
  EnrollmentRequest,
  IdParameter,
  RunnerView,
  Token,
  TokenRequest,
} from './schemas.ts';

const enrollRoute = createRoute({
  method: 'post',
  path: '/runner/v1/enroll',
  summary: 'Trade an enrollment token for an identity',
  request: requestBody(EnrollmentRequest),
  responses: {
    201: jsonBody(Enrolled, 'The identity'),
    400: jsonBody(ApiError, 'Refused'),
    403: jsonBody(ApiError, 'The token is unknown, used or expired'),
  },
});
const mintRoute = createRoute({
  method: 'post',
  path: '/api/v1/enrollment-tokens',
  summary: 'Make a token that enrolls one runner',
  security: SECURITY,
  request: requestBody(TokenRequest),
  responses: { 201: jsonBody(Token, 'The token, shown this once'), ...REFUSALS },
});
const listRoute = createRoute({
  method: 'get',
  path: '/api/v1/runners',
  summary: 'Runners and whether they are connected',
  security: SECURITY,
  responses: {
    200: jsonBody(z.object({ runners: z.array(RunnerView) }), 'All runners'),
    ...REFUSALS,
  },
});
const drainRoute = createRoute({
  method: 'post',
  path: '/api/v1/runners/{id}/drain',
  summary: 'Give a runner no more work; it finishes what it has',
  security: SECURITY,
  request: { params: IdParameter, ...requestBody(DrainRequest) },
  responses: { 200: jsonBody(RunnerView, 'The runner'), ...REFUSALS },
});
const resumeRoute = createRoute({
  method: 'post',
  path: '/api/v1/runners/{id}/resume',
  summary: 'Let a drained runner have work again',
  security: SECURITY,
  request: { params: IdParameter },
  responses: { 200: jsonBody(RunnerView, 'The runner'), ...REFUSALS },
});
const revokeRoute = createRoute({
  method: 'post',
  path: '/api/v1/runners/{id}/revoke',
  summary: 'Shut a runner out for good',
  security: SECURITY,
  request: { params: IdParameter },
  responses: { 200: jsonBody(RunnerView, 'The runner'), ...REFUSALS },
});

export function enrollmentApi(ground: Ground): OpenAPIHono {
  const app = application();
  app.openapi(enrollRoute, async (context) => {
    const { publicKey, ...request } = context.req.valid('json');
    return context.json(
      await enroll(ground, { ...request, publicKey: Buffer.from(publicKey, 'base64') }),
      201,
    );
  });
  return app;
}

export function runnersApi(ground: Ground, registry: Registry): OpenAPIHono {
  const app = application();
  app.openapi(mintRoute, async (context) => {
    const { name, ttlSeconds } = context.req.valid('json');
    return context.json(await mintToken(ground, name ?? null, ttlSeconds), 201);
  });
  const view = (runner: Runner) => viewRunner(runner, registry, ground.clock.monotonic());
  app.openapi(listRoute, async (context) => {
    const runners = await ground.store.read.runners.list();
    return context.json({ runners: runners.map(view) }, 200);
  });
  app.openapi(drainRoute, async (context) => {
    const drained = await drainRunner(
      ground,
      registry,
      context.req.valid('param').id,
      context.req.valid('json').reason,
    );
    return context.json(view(drained), 200);
  });
  app.openapi(resumeRoute, async (context) =>
    context.json(view(await resumeRunner(ground, registry, context.req.valid('param').id)), 200),
  );
  app.openapi(revokeRoute, async (context) =>
    context.json(view(await revokeRunner(ground, registry, context.req.valid('param').id)), 200),
  );
  return app;
}

function viewRunner(runner: Runner, registry: Registry, now: number): z.infer<typeof RunnerView> {
  const presence = registry.get(runner.id)?.presence();
  const { condition, conditionMessage } = viewCondition(
    registry.conflict(runner.id, now),
    presence,
  );
  return {
    id: runner.id,
    name: runner.name,
    connected: presence !== undefined,
    channel: presence?.channel ?? null,
    version: runner.version,
    platform: runner.platform,
    capacity: presence?.capacity ?? null,
    running: presence?.running ?? null,
    draining: runner.drainReason !== null || (presence?.draining ?? false),
    drainReason: runner.drainReason,
    condition,
    conditionMessage,
    spoolBytes: presence?.spoolBytes ?? null,
    lastSeenAt: runner.lastSeenAt,
    enrolledAt: runner.enrolledAt,
    revoked: runner.revokedAt !== null,
  };
}

function viewCondition(
  conflict: Conflict | undefined,
  presence: Presence | undefined,
): { readonly condition: string; readonly conditionMessage: string } {
  if (conflict === undefined) return { condition: presence?.condition ?? '', conditionMessage: '' };
  const { at, platform, version } = conflict;
  const other = [platform, version].filter((part) => part !== '').join(', ');
  return {
    condition: 'IDENTITY_IN_USE',
    conditionMessage: `This identity is used from two places. Another process (${other}) tried to connect with it, last at ${new Date(at).toISOString()}, and was turned away. ${IDENTITY_REMEDY}`,
  };
}
