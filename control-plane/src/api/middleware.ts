import { z, type OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import type { Deps } from '../deps.ts';
import { matchesHash } from '../runners/enrollment.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import { problemsOf } from '../runtime/problems.ts';

const MAX_BODY_BYTES = 1024 * 1024;

/** Security headers, the body limit and error responses for every route. */
export function addDefaults(app: OpenAPIHono, { log }: Pick<Deps, 'log'>): void {
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
      // A browser applies HSTS to every port of the host, and the host is often localhost.
      strictTransportSecurity: false,
      xFrameOptions: 'DENY',
      referrerPolicy: 'no-referrer',
    }),
  );
  app.use(limitBody);
  app.onError((thrown, context) => {
    const error = toError(thrown);
    if (error.code === 'INTERNAL')
      log.error({ err: thrown, path: context.req.path }, 'request failed');
    return context.json({ error: error.body() }, error.status);
  });
  app.notFound((context) => {
    const error = new ControlPlaneError('NOT_FOUND', `${context.req.path} does not exist`);
    return context.json({ error: error.body() }, 404);
  });
}

/** Requires the admin token for the API, except for its OpenAPI document. */
export function requireAdminToken(app: OpenAPIHono, adminTokenHash: Buffer): void {
  app.use('/api/*', async (context, next) => {
    if (context.req.path !== '/api/v1/openapi.json') {
      const header = context.req.header('authorization') ?? '';
      const token = /^Bearer (?<token>\S+)$/.exec(header)?.groups?.['token'];
      if (token === undefined || !matchesHash(token, adminTokenHash))
        throw new ControlPlaneError('UNAUTHENTICATED', 'admin token is missing or invalid');
      context.header('cache-control', 'no-store');
    }
    await next();
  });
}

const limitRead = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: throwTooLarge });

/**
 * Node.js ends a body where its announced length does. The middleware of Hono, which first makes a
 * web stream of any body, is for those without.
 */
const limitBody: MiddlewareHandler = async (context, next) => {
  const announced = context.req.header('content-length');
  if (announced === undefined) return limitRead(context, next);
  if (Number(announced) > MAX_BODY_BYTES) throwTooLarge();
  await next();
};

function throwTooLarge(): never {
  throw new ControlPlaneError('INPUT_INVALID', 'request body exceeds the size limit');
}

function toError(thrown: Error): ControlPlaneError {
  if (thrown instanceof HTTPException)
    return new ControlPlaneError('INPUT_INVALID', thrown.message);
  if (thrown instanceof z.ZodError)
    return new ControlPlaneError('INPUT_INVALID', problemsOf(thrown));
  return ControlPlaneError.from(thrown);
}
