/**
 * The API of OpenMetadata's Airflow plugin, as a server's AirflowRESTClient (1.8 to 2.0) calls it:
 * at three bases, one for each generation of Airflow, each also behind /pools/{pool}.
 */
import type { HttpBindings } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Logger } from 'pino';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import { ControlPlaneError } from '../../runtime/errors.ts';
import type { SignIn } from '../endpoints/sign-in.ts';
import { json, errorAnswer, type Answer } from './answers.ts';
import { airflowCalls, elsewhere } from './calls.ts';
import type { CallsDeps } from './handler.ts';
import { parsePath, type AirflowCall } from './requests.ts';

const BASES = ['/pluginsv2/api/v2/openmetadata', '/api/v2/openmetadata', '/api/v1/openmetadata'];
const MAX_BODY_BYTES = 16 * 1024 * 1024;

type Env = { Bindings: HttpBindings };

export interface AirflowApiDeps extends CallsDeps {
  readonly signIn: SignIn;
  readonly log: Logger;
  readonly stopping: AbortSignal;
}

export function airflowApi(deps: AirflowApiDeps): Hono<Env> {
  const app = new Hono<Env>();
  const answer = answerer(deps);
  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () =>
      toResponse(
        errorAnswer(
          new ControlPlaneError(
            'INPUT_INVALID',
            `request body exceeds the size limit of ${MAX_BODY_BYTES} bytes`,
          ),
        ),
      ),
  });
  for (const prefix of ['', '/pools/:pool'])
    for (const base of BASES)
      app.all(`${prefix}${base}/*`, limit, async (context) => toResponse(await answer(context)));
  return app;
}

function answerer(deps: AirflowApiDeps): (context: Context<Env>) => Promise<Answer> {
  const calls = airflowCalls(deps);
  const answer = async (context: Context<Env>): Promise<Answer> => {
    const call = await callOf(context);
    const { authorization } = call.headers;
    // Answers without a sign-in, as the plugin does; the upstream Airflow stays out of it.
    if (call.name === 'health') return json({ status: 'healthy' });
    const address = context.env.incoming.socket.remoteAddress ?? '';
    const endpoint = await deps.signIn.endpointOf(authorization, address);
    const handler = calls.get(`${call.method} ${call.name}`);
    if (handler === undefined)
      return elsewhere(deps.upstream, endpoint, call, `${call.name} is not supported by runners`);
    const signal = AbortSignal.any([context.req.raw.signal, deps.stopping]);
    return handler({ call, caller: { endpoint, pool: call.pool }, signal });
  };
  return async (context) => {
    try {
      return await answer(context);
    } catch (thrown) {
      const error = thrown instanceof RunnerError ? thrown : ControlPlaneError.from(thrown);
      const { method, path } = context.req;
      if (error.code === 'INTERNAL')
        deps.log.error({ err: thrown, method, path }, 'OpenMetadata call failed');
      else
        deps.log.warn(
          { method, path, code: error.code, error: error.message },
          'OpenMetadata call rejected',
        );
      return errorAnswer(error);
    }
  };
}

/** Throws NOT_FOUND and INPUT_INVALID. */
async function callOf({ req }: Context<Env>): Promise<AirflowCall> {
  const { pathname, search } = new URL(req.url);
  const parsed = parsePath(pathname);
  if (parsed === undefined) throw new ControlPlaneError('NOT_FOUND', `${pathname} does not exist`);
  return {
    ...parsed,
    method: req.method,
    search,
    headers: req.header(),
    body: Buffer.from(await req.arrayBuffer()),
  };
}

function toResponse({ status, headers, body }: Answer): Response {
  const result = new Headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  for (const [name, value] of Object.entries(headers))
    for (const one of typeof value === 'string' ? [value] : value) result.append(name, one);
  return new Response(typeof body === 'string' ? body : new Uint8Array(body), {
    status,
    headers: result,
  });
}
