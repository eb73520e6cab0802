import { altered } from '../control/alter.ts';
import type { Effect } from '../control/fault-rules.ts';
import { ApiError } from '../errors.ts';
import type { ApiContext } from './context.ts';
import { answer, errorAnswer, type ApiAnswer, type ApiRequest } from './message.ts';
import { endpointOf, ROUTES } from './routes.ts';

/** Serves an authorized call of the REST API. Errors become responses. */
export async function serve(
  request: ApiRequest,
  context: ApiContext,
  effect: Effect | null = drawEffect(request, context),
): Promise<ApiAnswer> {
  const endpoint = endpointOf(request);
  if (request.level === 'http') context.stats.call(endpoint);
  else context.stats.item(endpoint);
  const fault = effect && faultAnswer(effect, request, context);
  if (fault) return fault;
  try {
    const made = await route(request, context);
    if (effect?.kind === 'alter' && made.json !== null)
      return { ...made, json: altered(made.json, effect) };
    return effect?.kind === 'huge-describe' ? padded(made, effect.bytes) : made;
  } catch (error) {
    if (error instanceof ApiError) return errorAnswer(error, context.latency.other());
    throw error;
  }
}

export function drawEffect(request: ApiRequest, context: ApiContext): Effect | null {
  const query = request.query.size > 0 ? `?${request.query.toString()}` : '';
  const path = `/services/data/v${request.version}${request.path}${query}`;
  return context.faults.draw({
    level: request.level,
    method: request.method,
    host: request.host,
    path,
    object: objectOf(request.path),
  });
}

function objectOf(path: string): string | null {
  return /^\/(?:tooling\/)?sobjects\/(\w+)/.exec(path)?.[1] ?? null;
}

function faultAnswer(effect: Effect, request: ApiRequest, context: ApiContext): ApiAnswer | null {
  const millis = context.latency.other();
  switch (effect.kind) {
    case 'respond':
      return answer(bodyText(effect.body), millis, {
        status: effect.status,
        headers: effect.headers ?? {},
      });
    case 'unavailable':
      return errorAnswer(new ApiError(503, 'SERVER_UNAVAILABLE', 'Too many requests'), millis);
    case 'limit-exceeded':
      return errorAnswer(ApiError.requestLimit('TotalRequests'), millis);
    case 'session-expired':
      return errorAnswer(ApiError.sessionExpired(), millis);
    case 'vanish':
      return errorAnswer(ApiError.notFound(), millis);
    case 'forbid':
      return errorAnswer(forbidden(objectOf(request.path)), millis);
    default:
      return null;
  }
}

function forbidden(object: string | null): ApiError {
  return new ApiError(
    403,
    'INSUFFICIENT_ACCESS',
    `insufficient access rights on entity: ${object ?? 'unknown'}`,
  );
}

function bodyText(body: unknown): string | null {
  if (body === undefined || body === null) return null;
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** Pads the describe with text that a client must read. */
function padded(made: ApiAnswer, bytes: number): ApiAnswer {
  const missing = bytes - (made.json?.length ?? 0);
  if (!made.json?.startsWith('{') || missing <= 0) return made;
  return { ...made, json: `{"padding":"${'x'.repeat(missing)}",${made.json.slice(1)}` };
}

async function route(request: ApiRequest, context: ApiContext): Promise<ApiAnswer> {
  const candidates = ROUTES.filter((candidate) => candidate.path.test(request.path));
  if (candidates.length === 0) throw ApiError.notFound();
  const chosen = candidates.find((candidate) => candidate.method === request.method);
  if (!chosen) {
    const allowed = candidates.map(({ method }) => method).join(',');
    throw new ApiError(
      405,
      'METHOD_NOT_ALLOWED',
      `HTTP Method '${request.method}' not allowed. Allowed are ${allowed}`,
    );
  }
  const parameters = chosen.path.exec(request.path)?.slice(1) ?? [];
  return chosen.handle(request, context, parameters);
}
