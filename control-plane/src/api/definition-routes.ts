import type { z } from '@hono/zod-openapi';
import {
  createRoute,
  DELETED,
  jsonBody,
  PreconditionHeaders,
  REJECTIONS,
  requestBody,
  SECURITY,
} from './routing.ts';
import { NameParameter } from './schemas.ts';

interface DefinitionKind<Request, View, List> {
  readonly path: `${string}{name}${string}`;
  readonly listPath: string;
  readonly request: Request;
  readonly view: View;
  readonly list: List;
  /** Sentences of the API's documentation. */
  readonly texts: Readonly<Record<'put' | 'get' | 'view' | 'list' | 'all' | 'delete', string>>;
}

/** Routes that read, write and delete one kind of definition under preconditions. */
export function definitionRoutes<
  Request extends z.ZodType,
  View extends z.ZodType,
  List extends z.ZodType,
>({ path, listPath, request, view, list, texts }: DefinitionKind<Request, View, List>) {
  const responses = { 200: jsonBody(view, texts.view), ...REJECTIONS };
  return {
    put: createRoute({
      method: 'put',
      path,
      summary: texts.put,
      security: SECURITY,
      request: { params: NameParameter, headers: PreconditionHeaders, ...requestBody(request) },
      responses,
    }),
    list: createRoute({
      method: 'get',
      path: listPath,
      summary: texts.list,
      security: SECURITY,
      responses: { 200: jsonBody(list, texts.all), ...REJECTIONS },
    }),
    get: createRoute({
      method: 'get',
      path,
      summary: texts.get,
      security: SECURITY,
      request: { params: NameParameter },
      responses,
    }),
    delete: createRoute({
      method: 'delete',
      path,
      summary: texts.delete,
      security: SECURITY,
      request: { params: NameParameter, headers: PreconditionHeaders },
      responses: DELETED,
    }),
  };
}
