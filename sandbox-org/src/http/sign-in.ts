import type { identity, userInfo } from '../access/identity.ts';
import { token } from '../access/oauth.ts';
import { soap } from '../access/soap.ts';
import {
  bearerOf,
  draw,
  faulty,
  JSON_TYPE,
  jsonOutcome,
  page,
  reply,
  type GatewayContext,
  type OpenDoor,
  type Outcome,
  type Received,
} from './outcome.ts';

const MAX_LOGIN_CHARACTERS = 10_240;

/** The instance URL in responses: the My Domain of the request, or the org's own. */
function instanceOf(door: OpenDoor, { hosts }: GatewayContext): string {
  return `https://${door.kind === 'my-domain' ? door.host : hosts.main}`;
}

/** SOAP login() and logout(). */
export function soapOutcome(received: Received, door: OpenDoor, context: GatewayContext): Outcome {
  const match = /^\/services\/Soap\/([uc])\/(\d+\.\d)/.exec(received.url.pathname);
  if (!match || received.method !== 'POST') return page(404, 'URL No Longer Exists');
  context.api.stats.call('soap');
  const effect = draw(received, door, context);
  const { accounts, sessions, organizationName, isSandbox } = context;
  const { text: body, sourceAddress } = received;
  const answer =
    body.length > MAX_LOGIN_CHARACTERS
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

/** The OAuth token endpoint. */
export function tokenOutcome(received: Received, door: OpenDoor, context: GatewayContext): Outcome {
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

/** The identity URL and the userinfo endpoint. */
export function personOutcome(
  received: Received,
  context: GatewayContext,
  body: typeof identity | typeof userInfo,
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
