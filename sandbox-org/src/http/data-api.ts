import { drawEffect, serve } from '../api/api.ts';
import { errorAnswer, type ApiAnswer, type ApiRequest } from '../api/message.ts';
import { versionProblem, versionsBody } from '../api/versions.ts';
import type { Effect } from '../control/fault-rules.ts';
import { ApiError } from '../errors.ts';
import {
  bearerOf,
  draw,
  faulty,
  JSON_TYPE,
  reply,
  type GatewayContext,
  type Outcome,
  type Received,
} from './outcome.ts';

/** The REST API and the list of its versions. */
export async function dataOutcome(
  received: Received,
  host: string,
  context: GatewayContext,
): Promise<Outcome> {
  const match = /^\/services\/data(?:\/v(\d+\.\d)(\/.*)?)?\/?$/.exec(received.url.pathname);
  if (match && match[1] === undefined) {
    context.api.stats.call('versions');
    const effect = draw(received, { host }, context);
    return faulty(
      reply(200, JSON_TYPE, versionsBody()),
      effect,
      context,
      context.api.latency.other(),
    );
  }
  const problem = match ? versionProblem(match[1] ?? '') : ApiError.notFound();
  if (problem) return outcome(errorAnswer(problem), null, context);
  const request: ApiRequest = {
    level: 'http',
    method: received.method,
    host,
    origin: `https://${host}`,
    version: match?.[1] ?? '',
    path: (match?.[2] ?? '').replace(/\/+$/, ''),
    query: received.url.searchParams,
    headers: Object.fromEntries(
      Object.entries(received.headers).map(([name, value]) => [name, String(value)]),
    ),
    body: null,
  };
  return authorized(request, received, context);
}

/** Checks the session, then the allocation, then the concurrency limit, before the call. */
async function authorized(
  request: ApiRequest,
  received: Received,
  context: GatewayContext,
): Promise<Outcome> {
  const { api, sessions, accounts } = context;
  const bearer = bearerOf(received);
  if (!bearer || !sessions.use(bearer))
    return outcome(
      { ...errorAnswer(ApiError.sessionExpired(), api.latency.other()), charge: 0 },
      null,
      context,
    );
  if (accounts.passwordExpired)
    return outcome(
      errorAnswer(new ApiError(403, 'INVALID_OPERATION_WITH_EXPIRED_PASSWORD', EXPIRED)),
      null,
      context,
    );
  if (api.usage.exhausted)
    return outcome(
      { ...errorAnswer(ApiError.requestLimit('TotalRequests')), charge: 0 },
      null,
      context,
    );
  if (api.usage.crowded)
    return outcome(errorAnswer(ApiError.requestLimit('ConcurrentRequests')), null, context);
  const effect = drawEffect(request, api);
  return outcome(await serve({ ...request, body: parsed(received) }, api, effect), effect, context);
}

const EXPIRED =
  "The user's password has expired, you must call SetPassword before attempting any other API operations";

function parsed({ text }: Received): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function outcome(answer: ApiAnswer, effect: Effect | null, { api }: GatewayContext): Outcome {
  api.usage.charge(answer.charge);
  const all = { 'Sforce-Limit-Info': api.usage.header, ...answer.headers };
  const dropped = effect?.kind === 'drop-header' ? effect.name.toLowerCase() : undefined;
  const headers = Object.fromEntries(
    Object.entries(all).filter(([name]) => name.toLowerCase() !== dropped),
  );
  return {
    reply: { status: answer.status, contentType: JSON_TYPE, headers, body: answer.json ?? '' },
    serverMillis: answer.serverMillis,
    effect,
  };
}
