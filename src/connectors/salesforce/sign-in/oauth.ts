import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { unfoldPem } from '../../../network/pem.ts';
import { RunnerError } from '../errors/errors.ts';
import type { ErrorCode } from '../../../runtime/error-codes.ts';
import type { Carry } from './jsforce-transport.ts';
import { noVerdict } from './no-verdict.ts';

export interface Grant {
  readonly consumerKey: string;
  readonly consumerSecret?: string;
  /** `grant_type` and what belongs to it. */
  readonly parameters: Readonly<Record<string, string>> & { readonly grant_type: string };
}

const answerSchema = z.object({
  access_token: z.string().min(1),
  instance_url: z.string(),
  id: z.string(),
});

export interface OAuthSession {
  readonly accessToken: string;
  readonly instanceUrl: string;
  /** 15 characters. */
  readonly organizationId: string;
}

/**
 * Asks the token endpoint of `loginUrl`, with jsforce's client over our transport. Throws SALESFORCE_LOGIN_FAILED only where
 * Salesforce itself refuses the credentials, and SALESFORCE_LOGIN_DENIED where it refuses for another lasting reason; whatever
 * else is answered is retryable.
 */
export async function requestToken(
  loginUrl: string,
  grant: Grant,
  carry: Carry,
): Promise<OAuthSession> {
  const [
    {
      default: { OAuth2 },
    },
    { PolicyTransport },
  ] = await Promise.all([import('jsforce/lib/oauth2.js'), import('./jsforce-transport.ts')]);
  const client = new OAuth2({
    loginUrl,
    clientId: grant.consumerKey,
    ...(grant.consumerSecret === undefined ? {} : { clientSecret: grant.consumerSecret }),
  });
  let status = 0;
  // oxlint-disable-next-line no-underscore-dangle -- the seam that jsforce leaves for a transport has this name
  client._transport = new PolicyTransport(async (request) => {
    const answer = await carry(request);
    status = answer.status;
    return answer;
  });
  let answer: unknown;
  try {
    answer = await client.requestToken({ ...grant.parameters });
  } catch (thrown) {
    throw thrown instanceof RunnerError
      ? thrown
      : refused(status, thrown instanceof Error ? thrown : undefined, grant);
  }
  return readToken(status, answer);
}

function readToken(status: number, answer: unknown): OAuthSession {
  const parsed = answerSchema.safeParse(answer);
  const organizationId =
    parsed.data === undefined ? undefined : /\/id\/(00D\w{12})/.exec(parsed.data.id)?.[1];
  if (status !== 200 || !parsed.success || organizationId === undefined)
    throw noVerdict(status, 'the token endpoint');
  return {
    accessToken: parsed.data.access_token,
    instanceUrl: parsed.data.instance_url,
    organizationId,
  };
}

/** Statuses with which Salesforce answers a grant that it refuses. With any other, the body is not its word on the credentials. */
const REFUSING: ReadonlySet<number> = new Set([400, 401, 403]);

const REFUSALS: Readonly<Record<string, readonly [ErrorCode, string?]>> = {
  invalid_client_id: [
    'SALESFORCE_LOGIN_DENIED',
    'Check consumerKey; a new app needs some minutes before it works.',
  ],
  invalid_client: ['SALESFORCE_LOGIN_FAILED', 'Check consumerSecret.'],
  invalid_client_credentials: ['SALESFORCE_LOGIN_FAILED', 'Check consumerSecret.'],
  invalid_app_access: [
    'SALESFORCE_LOGIN_DENIED',
    'Permit the user for the app: Manage External Client Apps > Policies.',
  ],
  unauthorized_client: [
    'SALESFORCE_LOGIN_DENIED',
    'Enable the flow for the app, and permit the user for it.',
  ],
  unsupported_grant_type: ['SALESFORCE_LOGIN_DENIED', 'Enable the flow for the app and the org.'],
  invalid_request: [
    'SALESFORCE_LOGIN_DENIED',
    'Check the app’s OAuth settings and the user’s login history.',
  ],
  invalid_scope: ['SALESFORCE_LOGIN_DENIED', 'Give the app the scope api.'],
  inactive_user: ['SALESFORCE_LOGIN_DENIED', 'Activate the user.'],
  inactive_org: ['SALESFORCE_LOGIN_DENIED', 'The org is closed or locked.'],
};

const PASSING: ReadonlySet<string> = new Set([
  'rate_limit_exceeded',
  'temporarily_unavailable',
  'server_error',
]);

/** jsforce names its error after the answer's `error`; the description is told apart by fixed words and never repeated. */
function refused(status: number, thrown: Error | undefined, grant: Grant): RunnerError {
  const name = /^[A-Za-z0-9_]{1,60}$/.exec(thrown?.name ?? '')?.[0] ?? 'unknown error';
  const verdict = REFUSING.has(status) ? verdictOn(name, thrown?.message ?? '', grant) : undefined;
  if (verdict === undefined) return noVerdict(status, 'the token endpoint', PASSING.has(name));
  const [code, remedy] = verdict;
  return new RunnerError(
    code,
    `Salesforce refused ${grant.parameters.grant_type.split(':').at(-1)}: ${name}`,
    remedy === undefined ? {} : { remedy },
  );
}

function verdictOn(
  name: string,
  description: string,
  grant: Grant,
): readonly [ErrorCode, string?] | undefined {
  if (name === 'invalid_grant') return grantRefusal(description, grant);
  return Object.hasOwn(REFUSALS, name) ? REFUSALS[name] : undefined;
}

/** Refusals that another setting of the org or the connection cures, and no other secret. */
const GRANT_DENIALS: readonly (readonly [RegExp, string])[] = [
  [
    /no client credentials user/i,
    'Name a run-as user in the client credentials policy of the app.',
  ],
  [/not supported on this domain/i, 'Set salesforceDomain to the org’s own, for example acme.my.'],
  [
    /hasn.t approved/i,
    'Pre-authorise the user for the app: admin-approved users, with a permission set.',
  ],
  [
    /audience/i,
    'Set salesforceDomain to login, test or the org’s own domain, whichever holds the user.',
  ],
  [/expired authorization code/i, 'Set the clock of this machine right.'],
  [
    /\bip\b|login hours/i,
    'The login IP ranges or hours of the user’s profile do not allow this address or time.',
  ],
  [/inactive/i, 'Activate the user; if it is active, the org is closed or locked.'],
];

/** Descriptions by which Salesforce speaks of the credentials themselves. */
const OF_THE_PASSWORD =
  /authentication failure|invalid (?:password|user(?:name)?(?: ?(?:or|and|\/) ?password)?|login)|expired password|password expired/i;

function grantRefusal(description: string, { parameters }: Grant): readonly [ErrorCode, string] {
  const denial = GRANT_DENIALS.find(([text]) => text.test(description));
  if (denial !== undefined) return ['SALESFORCE_LOGIN_DENIED', denial[1]];
  if (/assertion/i.test(description))
    return [
      'SALESFORCE_LOGIN_FAILED',
      'Check that privateKey belongs to the certificate of the app, and the clock of this machine.',
    ];
  const code = OF_THE_PASSWORD.test(description)
    ? 'SALESFORCE_LOGIN_FAILED'
    : 'SALESFORCE_LOGIN_DENIED';
  if (parameters.grant_type === 'password')
    return [
      code,
      'Check user name, password and token; the username-password flow is off by default in orgs since Summer ’23.',
    ];
  return [code, 'Check the app’s OAuth settings and the user’s login history.'];
}

/** An assertion may live three minutes; half a minute of it is left for a clock that is ahead. */
const ASSERTION_SECONDS = 150;

export interface AssertionClaims {
  readonly consumerKey: string;
  readonly username: string;
  /** `https://login.salesforce.com`, `https://test.salesforce.com` or the org's own. */
  readonly audience: string;
  /** Unix time in milliseconds. */
  readonly now: number;
}

/** A JWT signed with RS256. Throws SALESFORCE_CONNECTION_INVALID when the key is none. */
export function signAssertion(
  { consumerKey, username, audience, now }: AssertionClaims,
  privateKey: string,
): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    iss: consumerKey,
    sub: username,
    aud: audience,
    exp: Math.floor(now / 1000) + ASSERTION_SECONDS,
  };
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), readKey(privateKey)).toString('base64url')}`;
}

function readKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(unfoldPem(pem));
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // The error of the parser may quote the key.
  }
  throw new RunnerError(
    'SALESFORCE_CONNECTION_INVALID',
    'privateKey is no RSA private key in PEM',
    { remedy: 'Store the whole file, from its BEGIN line to its END line, without a passphrase.' },
  );
}
