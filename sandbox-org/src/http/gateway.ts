import type { IncomingMessage } from 'node:http';
import { serve, drawEffect } from '../api/api.ts';
import type { ApiContext } from '../api/context.ts';
import { errorAnswer, type ApiAnswer, type ApiRequest } from '../api/message.ts';
import { versionsBody, versionProblem } from '../api/versions.ts';
import type { Accounts } from '../access/accounts.ts';
import { identity, userInfo } from '../access/identity.ts';
import { token } from '../access/oauth.ts';
import type { Sessions } from '../access/sessions.ts';
import { soap } from '../access/soap.ts';
import { altered } from '../control/alter.ts';
import type { Effect } from '../control/fault-rules.ts';
import { ApiError } from '../errors.ts';
import type { Door, Hosts } from './hosts.ts';
import type { Reply } from './reply.ts';

export interface GatewayContext {
  readonly api: ApiContext;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly hosts: Hosts;
  readonly organizationName: string;
  readonly isSandbox: boolean;
  readonly now: () => number;
}

/** An HTTP request after its body has been read. */
export interface Received {
  readonly method: string;
  readonly door: Door;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly sourceAddress: string;
}

export interface Outcome {
  readonly reply: Reply;
  /** How long the emulated server takes. */
  readonly serverMillis: number;
  readonly effect: Effect | null;
}

const JSON_TYPE = 'application/json;charset=UTF-8';
const LONGEST = 16_384;
const LONGEST_LOGIN = 10_240;

const reply = (
  status: number,
  contentType: string,
  body: string,
  headers: Record<string, string> = {},
): Reply => ({ status, contentType, headers, body });

/** An answer of the edge in front of the API. */
function page(status: number, text: string): Outcome {
  const body = `<html><head><title>${text}</title></head><body>${text}</body></html>`;
  return { reply: reply(status, 'text/html;charset=UTF-8', body), serverMillis: 0, effect: null };
}

function jsonOutcome(body: string, serverMillis: number): Outcome {
  return { reply: reply(200, JSON_TYPE, body), serverMillis, effect: null };
}

/** Decides by host and path who answers, and lets nobody in without a session where one is needed. */
export async function admit(received: Received, context: GatewayContext): Promise<Outcome> {
  const tooLong = lengthProblem(received);
  if (tooLong) return tooLong;
  const { door, url } = received;
  if (door.kind === 'unknown')
    return page(420, 'The request could not be routed to an organization.');
  if (door.kind === 'lightning') return page(404, 'Not Found');
  if (url.pathname.startsWith('/services/Soap/')) return soapOutcome(received, door, context);
  if (url.pathname === '/services/oauth2/token') return tokenOutcome(received, door, context);
  if (door.kind === 'my-domain' && /^\/services\/data(\/|$)/.test(url.pathname))
    return dataOutcome(received, door.host, context);
  if (url.pathname === '/services/oauth2/userinfo')
    return personOutcome(received, context, userInfo);
  if (/^\/id\/\w+\/\w+$/.test(url.pathname)) return personOutcome(received, context, identity);
  return page(404, 'URL No Longer Exists');
}

/** URI over 16,384 bytes: 414; URI and headers together: 431. */
function lengthProblem({ url, headers }: Received): Outcome | null {
  const uri = url.pathname.length + url.search.length;
  const all = Object.entries(headers).reduce(
    (sum, [name, value]) => sum + name.length + String(value).length + 4,
    uri,
  );
  if (uri > LONGEST) return page(414, 'URI Too Long');
  return all > LONGEST ? page(431, 'Request Header Fields Too Large') : null;
}

type OpenDoor = Extract<Door, { host: string }>;

/** Where answers send the client: the My Domain that it came to, or the org's own. */
function instanceOf(door: OpenDoor, { hosts }: GatewayContext): string {
  return `https://${door.kind === 'my-domain' ? door.host : hosts.main}`;
}

function soapOutcome(received: Received, door: OpenDoor, context: GatewayContext): Outcome {
  const match = /^\/services\/Soap\/([uc])\/(\d+\.\d)/.exec(received.url.pathname);
  if (!match || received.method !== 'POST') return page(404, 'URL No Longer Exists');
  context.api.stats.call('soap');
  const effect = draw(received, door, context);
  const { accounts, sessions, organizationName, isSandbox } = context;
  const { text: body, sourceAddress } = received;
  const answer =
    body.length > LONGEST_LOGIN
      ? { status: 413, xml: '' }
      : soap(
          {
            api: match[1] === 'c' ? 'c' : 'u',
            version: match[2] ?? '',
            body,
            sourceAddress,
            instance: instanceOf(door, context),
          },
          { accounts, sessions, organizationId: context.api.org.id, organizationName, isSandbox },
        );
  return faulty(reply(answer.status, 'text/xml;charset=UTF-8', answer.xml), effect, context);
}

function tokenOutcome(received: Received, door: OpenDoor, context: GatewayContext): Outcome {
  if (received.method !== 'POST') return page(405, 'Method Not Allowed');
  context.api.stats.call('token');
  const effect = draw(received, door, context);
  const { accounts, sessions, now } = context;
  const answer = token(
    {
      form: new URLSearchParams(received.text),
      authorization: received.headers.authorization,
      sourceAddress: received.sourceAddress,
      onMyDomain: door.kind === 'my-domain',
      instance: instanceOf(door, context),
      host: door.host,
    },
    {
      accounts,
      sessions,
      organizationId: context.api.org.id,
      now: () => now() + context.api.faults.clockOffset(),
    },
  );
  return faulty(
    reply(answer.status, JSON_TYPE, JSON.stringify(answer.body), { 'Cache-Control': 'no-store' }),
    effect,
    context,
  );
}

function draw(
  received: Received,
  door: Pick<OpenDoor, 'host'>,
  { api }: GatewayContext,
): Effect | null {
  const path = received.url.pathname + received.url.search;
  return api.faults.draw({
    level: 'http',
    method: received.method,
    host: door.host,
    path,
    object: null,
  });
}

/** Answers of the edge and of the sign-in know three faults of the answer itself: a given response, an overload, an altered body. */
function faulty(
  made: Reply,
  effect: Effect | null,
  { api }: GatewayContext,
  serverMillis = api.latency.signIn(),
): Outcome {
  if (effect?.kind === 'alter')
    return { reply: { ...made, body: altered(made.body, effect) }, serverMillis, effect };
  if (effect?.kind === 'unavailable')
    return { reply: { ...made, status: 503, body: '' }, serverMillis, effect };
  if (effect?.kind !== 'respond') return { reply: made, serverMillis, effect };
  const body = typeof effect.body === 'string' ? effect.body : JSON.stringify(effect.body ?? null);
  return {
    reply: {
      ...made,
      status: effect.status,
      headers: { ...made.headers, ...effect.headers },
      body,
    },
    serverMillis,
    effect,
  };
}

function personOutcome(
  received: Received,
  context: GatewayContext,
  body: typeof identity,
): Outcome {
  context.api.stats.call('identity');
  const bearer = bearerOf(received);
  if (!bearer || !context.sessions.use(bearer))
    return { ...page(403, 'Bad_OAuth_Token'), serverMillis: context.api.latency.other() };
  const person = {
    accounts: context.accounts,
    organizationId: context.api.org.id,
    origin: `https://${context.hosts.main}`,
  };
  return jsonOutcome(JSON.stringify(body(person)), context.api.latency.other());
}

function bearerOf({ headers }: Received): string | null {
  return /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}

async function dataOutcome(
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

/** Session first, then allocation, then room for one more call; only then the call itself. */
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
  const headers = { 'Sforce-Limit-Info': api.usage.header, ...answer.headers };
  return {
    reply: { status: answer.status, contentType: JSON_TYPE, headers, body: answer.json ?? '' },
    serverMillis: answer.serverMillis,
    effect,
  };
}
