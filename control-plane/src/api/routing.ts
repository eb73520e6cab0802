import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { Precondition } from '../definitions/precondition.ts';
import { ControlPlaneError } from '../runtime/errors.ts';
import { problemsOf } from '../runtime/problems.ts';
import { ApiError } from './schemas.ts';

export const SECURITY = [{ adminToken: [] }];

/** An application whose validation errors have the same form as all other errors. */
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

const rejected = jsonBody(ApiError, 'Rejected');

/** The error responses that any route behind the admin token may give. */
export const REJECTIONS = {
  400: rejected,
  401: rejected,
  404: rejected,
  409: rejected,
  410: rejected,
  412: rejected,
  422: rejected,
  428: rejected,
} as const;
export const DELETED = { 204: { description: 'Deleted' }, ...REJECTIONS } as const;

/** For requests that change a definition (RFC 9110, section 13). */
export const PreconditionHeaders = z.object({
  'if-match': z
    .string()
    .max(1000)
    .optional()
    .openapi({ description: 'The ETag of the state to replace, or * for any' }),
  'if-none-match': z.string().max(1000).optional().openapi({ description: '* to create only' }),
});

export function preconditionOf(headers: z.infer<typeof PreconditionHeaders>): Precondition {
  return { match: headers['if-match'], noneMatch: headers['if-none-match'] };
}

export { createRoute };
