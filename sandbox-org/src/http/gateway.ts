import { identity, userInfo } from '../access/identity.ts';
import { dataOutcome } from './data-api.ts';
import { page, type GatewayContext, type Outcome, type Received } from './outcome.ts';
import { personOutcome, soapOutcome, tokenOutcome } from './sign-in.ts';

const MAX_HEAD_BYTES = 16_384;

/** Routes a request by host and path, and rejects it without a session where one is required. */
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
  if (uri > MAX_HEAD_BYTES) return page(414, 'URI Too Long');
  return all > MAX_HEAD_BYTES ? page(431, 'Request Header Fields Too Large') : null;
}
