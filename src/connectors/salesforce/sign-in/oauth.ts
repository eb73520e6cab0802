import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { RunnerError } from '../../../runtime/errors.ts';
import type { ErrorCode } from '../../../runtime/error-codes.ts';
import type { Carry } from '../http/jsforce-transport.ts';

export interface Grant {
  readonly consumerKey: string;
  readonly consumerSecret?: string;
  /** `grant_type` and what belongs to it. */
  readonly parameters: Readonly<Record<string, string>> & { readonly grant_type: string };
}

const answerSchema = z.object({ access_token: z.string().min(1), instance_url: z.string(), id: z.string() });

export interface OAuthSession {
  readonly accessToken: string;
  readonly instanceUrl: string;
  /** 15 characters. */
  readonly organizationId: string;
}

/** Asks the token endpoint of `loginUrl`, with jsforce's client over our transport. Throws the typed error of a refusal. */
export async function requestToken(loginUrl: string, grant: Grant, carry: Carry): Promise<OAuthSession> {
  const [{ default: { OAuth2 } }, { PolicyTransport }] = await Promise.all([import('jsforce/lib/oauth2.js'), import('../http/jsforce-transport.ts')]);
  const client = new OAuth2({ loginUrl, clientId: grant.consumerKey, ...(grant.consumerSecret === undefined ? {} : { clientSecret: grant.consumerSecret }) });
  // oxlint-disable-next-line no-underscore-dangle -- the seam that jsforce leaves for a transport has this name
  client._transport = new PolicyTransport(carry);
  let answer: unknown;
  try {
    answer = await client.requestToken({ ...grant.parameters });
  } catch (thrown) {
    throw thrown instanceof RunnerError ? thrown : refused(thrown instanceof Error ? thrown : undefined, grant);
  }
  const parsed = answerSchema.safeParse(answer);
  const organizationId = parsed.data === undefined ? undefined : /\/id\/(00D\w{12})/.exec(parsed.data.id)?.[1];
  if (!parsed.success || organizationId === undefined) throw new RunnerError('SALESFORCE_UNEXPECTED', 'the token endpoint gave an answer that is no token');
  return { accessToken: parsed.data.access_token, instanceUrl: parsed.data.instance_url, organizationId };
}

const REFUSALS: Readonly<Record<string, readonly [ErrorCode, string?]>> = {
  invalid_client_id: ['SALESFORCE_LOGIN_DENIED', 'Check consumerKey; a new app needs some minutes before it works.'],
  invalid_client: ['SALESFORCE_LOGIN_FAILED', 'Check consumerSecret.'],
  invalid_app_access: ['SALESFORCE_LOGIN_DENIED', 'Permit the user for the app: Manage External Client Apps > Policies.'],
  inactive_user: ['SALESFORCE_LOGIN_DENIED', 'Activate the user.'],
  inactive_org: ['SALESFORCE_LOGIN_DENIED', 'The org is closed or locked.'],
  rate_limit_exceeded: ['SALESFORCE_BUSY'],
};

/** jsforce names its error after the answer's `error`; the description is told apart by fixed words and never repeated. */
function refused(thrown: Error | undefined, grant: Grant): RunnerError {
  const name = /^[A-Za-z0-9_]{1,60}$/.exec(thrown?.name ?? '')?.[0] ?? 'unknown error';
  const status = /^ERROR_HTTP_(?<status>\d{3})$/.exec(name)?.groups?.['status'];
  if (status !== undefined) return new RunnerError(Number(status) >= 500 ? 'SALESFORCE_BUSY' : 'SALESFORCE_UNEXPECTED', `the token endpoint answered with status ${status}`);
  const [code, remedy] = REFUSALS[name] ?? grantRefusal(thrown?.message ?? '', grant);
  return new RunnerError(code, `Salesforce refused ${grant.parameters.grant_type.split(':').at(-1)}: ${name}`, remedy === undefined ? {} : { remedy });
}

/** Refusals that another setting of the org or the connection cures, and no other secret. */
const GRANT_DENIALS: readonly (readonly [RegExp, string])[] = [
  [/no client credentials user/i, 'Name a run-as user in the client credentials policy of the app.'],
  [/not supported on this domain/i, 'Set salesforceDomain to the org’s own, for example acme.my.'],
  [/hasn.t approved/i, 'Pre-authorise the user for the app: admin-approved users, with a permission set.'],
  [/audience/i, 'Set salesforceDomain to login, test or the org’s own domain, whichever holds the user.'],
  [/expired authorization code/i, 'Set the clock of this machine right.'],
];

function grantRefusal(description: string, { parameters }: Grant): readonly [ErrorCode, string] {
  const denial = GRANT_DENIALS.find(([text]) => text.test(description));
  if (denial !== undefined) return ['SALESFORCE_LOGIN_DENIED', denial[1]];
  if (/assertion/i.test(description)) return ['SALESFORCE_LOGIN_FAILED', 'Check that privateKey belongs to the certificate of the app, and the clock of this machine.'];
  if (parameters.grant_type === 'password') return ['SALESFORCE_LOGIN_FAILED', 'Check user name, password and token; the username-password flow is off by default in orgs since Summer ’23.'];
  return ['SALESFORCE_LOGIN_FAILED', 'Check the app’s OAuth settings and the user’s login history.'];
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
export function signAssertion({ consumerKey, username, audience, now }: AssertionClaims, privateKey: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: consumerKey, sub: username, aud: audience, exp: Math.floor(now / 1000) + ASSERTION_SECONDS };
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), readKey(privateKey)).toString('base64url')}`;
}

function readKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // The error of the parser may quote the key.
  }
  throw new RunnerError('SALESFORCE_CONNECTION_INVALID', 'privateKey is no RSA private key in PEM', { remedy: 'Store the whole file, from its BEGIN line to its END line, without a passphrase.' });
}
