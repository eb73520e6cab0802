import type { ApiContext } from './context.ts';
import { batch, composite } from './composite.ts';
import {
  describeAll,
  describeBasic,
  describeOne,
  getRecord,
  getToolingRecord,
  listResources,
} from './object-routes.ts';
import { limits, recordCount } from './limits.ts';
import type { ApiAnswer, ApiRequest } from './message.ts';
import { moreRecords, query } from './query-routes.ts';

export interface Route {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  readonly handle: (
    request: ApiRequest,
    context: ApiContext,
    parameters: readonly string[],
  ) => ApiAnswer | Promise<ApiAnswer>;
}

/**
 * The resources below `/services/data/vXX.X`; the first route that matches path and method is used.
 */
export const ROUTES: readonly Route[] = [
  { name: 'resources', method: 'GET', path: /^$/, handle: listResources },
  {
    name: 'describeGlobal',
    method: 'GET',
    path: /^\/(?:tooling\/)?sobjects$/,
    handle: describeAll,
  },
  {
    name: 'describe',
    method: 'GET',
    path: /^\/(?:tooling\/)?sobjects\/(\w+)\/describe$/,
    handle: describeOne,
  },
  {
    name: 'sobject',
    method: 'GET',
    path: /^\/(?:tooling\/)?sobjects\/(\w+)$/,
    handle: describeBasic,
  },
  {
    name: 'record',
    method: 'GET',
    path: /^\/sobjects\/(\w+)\/([a-zA-Z0-9]{15,18})$/,
    handle: getRecord,
  },
  {
    name: 'tooling.record',
    method: 'GET',
    path: /^\/tooling\/sobjects\/(\w+)\/([a-zA-Z0-9]{15,18})$/,
    handle: getToolingRecord,
  },
  { name: 'composite', method: 'POST', path: /^\/(?:tooling\/)?composite$/, handle: composite },
  {
    name: 'composite.batch',
    method: 'POST',
    path: /^\/(?:tooling\/)?composite\/batch$/,
    handle: batch,
  },
  { name: 'limits', method: 'GET', path: /^\/limits$/, handle: limits },
  {
    name: 'limits.recordCount',
    method: 'GET',
    path: /^\/limits\/recordCount$/,
    handle: recordCount,
  },
  { name: 'query', method: 'GET', path: /^\/(?:query|queryAll)$/, handle: query },
  { name: 'tooling.query', method: 'GET', path: /^\/tooling\/query$/, handle: query },
  {
    name: 'queryMore',
    method: 'GET',
    path: /^\/(?:tooling\/)?(?:query|queryAll)\/([\w-]+)$/,
    handle: moreRecords,
  },
];

/** The name of the endpoint in the counts of calls. */
export function endpointOf(request: ApiRequest): string {
  return (
    ROUTES.find(({ method, path }) => method === request.method && path.test(request.path))?.name ??
    'other'
  );
}
