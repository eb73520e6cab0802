import type { Secret } from '../../../secrets/secret.ts';
import { unfoldPem } from '../../../../foundation/src/network/pem.ts';
import { RunnerError } from '../errors/errors.ts';
import type { Connection } from './connection.ts';
import { domainHost, isSharedDomain } from './domain.ts';
import { signAssertion } from './jwt-assertion.ts';
import type { Grant } from './oauth.ts';
import type { SignInMethod } from './sign-in-method.ts';

/** Secret fields by sign-in method. */
const NEEDED: Readonly<Record<SignInMethod['kind'], readonly string[]>> = {
  soap: ['password'],
  password: ['consumerSecret', 'password'],
  clientCredentials: ['consumerSecret'],
  jwt: ['privateKey'],
};

export function neededSecrets({ signIn }: Connection): readonly string[] {
  const needed = NEEDED[signIn.kind];
  return 'withToken' in signIn && signIn.withToken ? [...needed, 'securityToken'] : needed;
}

/** The password as Salesforce expects it: followed by the security token, if there is one. */
export function wholePassword(
  { signIn }: Connection,
  secrets: ReadonlyMap<string, Secret>,
): string {
  const password = secrets.get('password')!.reveal();
  return 'withToken' in signIn && signIn.withToken
    ? password + secrets.get('securityToken')!.reveal()
    : password;
}

export interface GrantContext {
  /** Unix time in milliseconds, by the clock of the org. */
  readonly now: number;
  readonly protect: (value: string) => void;
}

/**
 * The grant to send to the token endpoint. Throws SALESFORCE_CONNECTION_INVALID for an invalid
 * private key.
 */
export function grantOf(
  connection: Connection,
  secrets: ReadonlyMap<string, Secret>,
  { now, protect }: GrantContext,
): Grant {
  const { signIn } = connection;
  if (signIn.kind === 'jwt')
    return bearer(signIn, connection.domain, secrets.get('privateKey')!, { now, protect });
  if (signIn.kind === 'soap') throw new RunnerError('INTERNAL', 'SOAP login has no grant');
  const client = {
    consumerKey: signIn.consumerKey,
    consumerSecret: secrets.get('consumerSecret')!.reveal(),
  };
  if (signIn.kind === 'clientCredentials')
    return { ...client, parameters: { grant_type: 'client_credentials' } };
  const password = wholePassword(connection, secrets);
  protect(password);
  return { ...client, parameters: { grant_type: 'password', username: signIn.username, password } };
}

function bearer(
  { consumerKey, username }: { readonly consumerKey: string; readonly username: string },
  domain: string,
  key: Secret,
  { now, protect }: GrantContext,
): Grant {
  const audience = audienceOf(domain);
  protect(unfoldPem(key.reveal()));
  const assertion = signAssertion({ consumerKey, username, audience, now }, key.reveal());
  protect(assertion);
  return {
    consumerKey,
    parameters: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion },
  };
}

/** `aud` of an assertion for this domain. */
export function audienceOf(domain: string): string {
  return `https://${domainHost(audienceDomain(domain))}`;
}

function audienceDomain(domain: string): string {
  if (isSharedDomain(domain)) return domain;
  return domain.includes('.sandbox.') ? 'test' : 'login';
}
