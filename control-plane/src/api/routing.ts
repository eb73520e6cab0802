import { createRoute, OpenAPIHono, type z } from '@hono/zod-openapi';
import { ControlPlaneError } from '../errors.ts';
import { problemsOf } from '../problems.ts';
import { ApiError } from './schemas.ts';

export const SECURITY = [{ adminToken: [] }];

/** An application whose refusals all have the one form, whoever makes them. */
export function application(): OpenAPIHono {
  return new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw new ControlPlaneError('INPUT_INVALID', problemsOf(result.error));
    },
  });
}

export function jsonBody<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

export function requestBody<T extends z.ZodType>(schema: T) {
  return { body: { required: true, content: { 'application/json': { schema } } } };
}

const refused = jsonBody(ApiError, 'Refused');

/** The answers that every guarded route may give. */
export const REFUSALS = { 400: refused, 401: refused, 404: refused, 409: refused, 410: refused, 422: refused } as const;

export { createRoute };
