import { createHmac, randomBytes } from 'node:crypto';
import { toLongId } from '../org/ids.ts';
import type { Accounts } from './accounts.ts';
import { verifyAssertion } from './jwt-assertion.ts';
import type { Sessions } from './sessions.ts';

export interface TokenContext {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  /** 15 characters. */
  readonly organizationId: string;
  readonly now: () => number;
}

export interface TokenRequest {
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
  readonly sourceAddress: string;
  /** Whether the request was sent to the My Domain host rather than a login host. */
  readonly onMyDomain: boolean;
  readonly instance: string;
  readonly host: string;
}

export interface TokenAnswer {
  readonly status: number;
  readonly body: Record<string, string>;
}

/** An OAuth error, whose response differs from those of the API. */
export class TokenError extends Error {
  readonly error: string;
  readonly status: number;

  constructor(error: string, description: string, status = 400) {
    super(description);
    this.error = error;
    this.status = status;
  }
}

type Grant = (request: TokenRequest, context: TokenContext) => void;

const GRANTS: Record<string, Grant> = {
  client_credentials: clientCredentials,
  password: passwordGrant,
  'urn:ietf:params:oauth:grant-type:jwt-bearer': jwtBearer,
};

/** `POST /services/oauth2/token`. */
export function token(request: TokenRequest, context: TokenContext): TokenAnswer {
  try {
    const grant = GRANTS[request.form.get('grant_type') ?? ''];
    if (!grant) throw new TokenError('unsupported_grant_type', 'grant type not supported');
    grant(request, context);
    return { status: 200, body: granted(request, context) };
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    return { status: error.status, body: { error: error.error, error_description: error.message } };
  }
}

function clientCredentials(request: TokenRequest, context: TokenContext): void {
  if (!request.onMyDomain)
    throw new TokenError('invalid_grant', 'request not supported on this domain');
  requireClient(request, context);
}

function passwordGrant(request: TokenRequest, context: TokenContext): void {
  requireClient(request, context);
  const { form } = request;
  const verdict = context.accounts.check(
    form.get('username') ?? '',
    form.get('password') ?? '',
    request.sourceAddress,
  );
  if (verdict !== 'granted') throw new TokenError('invalid_grant', 'authentication failure');
}

function requireClient(request: TokenRequest, context: TokenContext): void {
  const { id, secret } = clientOf(request);
  if (id !== context.accounts.credentials.consumerKey)
    throw new TokenError('invalid_client_id', 'client identifier invalid');
  if (secret !== context.accounts.credentials.consumerSecret)
    throw new TokenError('invalid_client', 'invalid client credentials');
}

function clientOf({ form, authorization }: TokenRequest): { id: string; secret: string } {
  if (!authorization?.startsWith('Basic '))
    return { id: form.get('client_id') ?? '', secret: form.get('client_secret') ?? '' };
  const plain = Buffer.from(authorization.slice('Basic '.length), 'base64').toString();
  const colon = plain.indexOf(':');
  return { id: decode(plain.slice(0, colon)), secret: decode(plain.slice(colon + 1)) };
}

/** RFC 6749 requires form encoding of both parts; decoding does not change unencoded values. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function jwtBearer(request: TokenRequest, context: TokenContext): void {
  const problem = verifyAssertion(request.form.get('assertion') ?? '', {
    issuer: context.accounts.credentials.consumerKey,
    subject: context.accounts.credentials.username,
    keys: context.accounts.jwtKeys,
    audiences: ['https://login.salesforce.com', 'https://test.salesforce.com', request.instance],
    now: context.now(),
  });
  if (problem) throw new TokenError(problem.error, problem.description);
}

function granted(request: TokenRequest, context: TokenContext): Record<string, string> {
  const issuedAt = String(context.now());
  const id = `https://${request.host}/id/${toLongId(context.organizationId)}/${context.accounts.userId}`;
  const body = {
    access_token: context.sessions.open(),
    scope: 'api',
    instance_url: request.instance,
    id,
    token_type: 'Bearer',
  };
  if (request.form.get('assertion')) return body;
  const signature = createHmac('sha256', SIGNING_KEY)
    .update(id + issuedAt)
    .digest('base64');
  return { ...body, signature, issued_at: issuedAt };
}

const SIGNING_KEY = randomBytes(32);
