import type { Secret } from '../../../secrets/secret.ts';
import { unfoldPem } from '../../../network/pem.ts';
import { RunnerError } from '../../../runtime/errors.ts';
import type { Connection } from './connection.ts';
import { domainHost, isSharedDomain } from './domain.ts';
import { signAssertion, type Grant } from './oauth.ts';

/** The secrets that one way to sign in needs, by field. */
const NEEDED: Readonly<Record<Connection['signIn']['way'], readonly string[]>> = {
  soap: ['password'],
  password: ['consumerSecret', 'password'],
  clientCredentials: ['consumerSecret'],
  jwt: ['privateKey'],
};

export function neededSecrets({ signIn }: Connection): readonly string[] {
  const needed = NEEDED[signIn.way];
  return 'withToken' in signIn && signIn.withToken ? [...needed, 'securityToken'] : needed;
}

/** The password as Salesforce takes it: with the security token after it, where there is one. */
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
  /** Unix time in milliseconds, as the org has it. */
  readonly now: number;
  readonly protect: (value: string) => void;
}

/** What the token endpoint is asked with. Throws SALESFORCE_CONNECTION_INVALID when the private key is none. */
export function grantOf(
  connection: Connection,
  secrets: ReadonlyMap<string, Secret>,
  { now, protect }: GrantContext,
): Grant {
  const { signIn } = connection;
  if (signIn.way === 'jwt')
    return bearer(signIn, connection.domain, secrets.get('privateKey')!, { now, protect });
  if (signIn.way === 'soap') throw new RunnerError('INTERNAL', 'SOAP login has no grant');
  const client = {
    consumerKey: signIn.consumerKey,
    consumerSecret: secrets.get('consumerSecret')!.reveal(),
  };
  if (signIn.way === 'clientCredentials')
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
  const audience = `https://${domainHost(isSharedDomain(domain) ? domain : domain.includes('.sandbox.') ? 'test' : 'login')}`;
  protect(unfoldPem(key.reveal()));
  const assertion = signAssertion({ consumerKey, username, audience, now }, key.reveal());
  protect(assertion);
  return {
    consumerKey,
    parameters: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion },
  };
}
