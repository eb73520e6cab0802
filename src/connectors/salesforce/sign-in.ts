import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Secret, SecretSource } from '../../secrets/secret.ts';
import type { Connection } from './connection.ts';
import { domainHost, isSharedDomain, orgOrigin } from './domain.ts';
import type { Http } from './http.ts';
import type { Carry } from './jsforce-transport.ts';
import { requestToken, signAssertion, type Grant } from './oauth.ts';
import { loginEnvelope, readLoginAnswer, SOAP_LOGIN_VERSION } from './soap-login.ts';

/** A signed-in state. `accessToken` is secret; it is sent to `origin` alone. */
export interface Session {
  /** `https://acme.my.salesforce.com`. */
  readonly origin: string;
  readonly accessToken: string;
  /** 15 characters. */
  readonly organizationId: string;
}

export interface SignInOptions {
  readonly connection: Connection;
  readonly secrets: ReadonlyMap<string, SecretSource>;
  readonly http: Http;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly protect: (value: string) => void;
}

/**
 * Signs in, each time with the secrets as they are now. Credentials that Salesforce has refused are not sent again until
 * one of them changes, because orgs lock users after a few failures.
 */
export class SignIn {
  readonly #options: SignInOptions;
  #refused: { readonly versions: string; readonly error: RunnerError } | undefined;
  #organizationId: string | undefined;
  #warned = false;

  constructor(options: SignInOptions) {
    this.#options = options;
    this.#organizationId = options.connection.organizationId;
  }

  /** Throws SALESFORCE_LOGIN_FAILED, SALESFORCE_LOGIN_RETIRED, SECRET_*, NETWORK_*, HOST_DENIED and the like. */
  async open(signal: AbortSignal): Promise<Session> {
    const secrets = await this.#readSecrets(signal);
    const versions = [...secrets].map(([field, secret]) => `${field}=${secret.version}`).join('&');
    if (this.#refused?.versions === versions) throw this.#refused.error;
    try {
      return this.#accept(await this.#attempt(secrets, signal));
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (error.code === 'SALESFORCE_LOGIN_FAILED') this.#refused = { versions, error };
      throw error;
    }
  }

  /** The org that answered first is the org of the whole attempt. */
  #accept(session: Session): Session {
    if (this.#organizationId !== undefined && session.organizationId !== this.#organizationId) {
      throw new RunnerError('SALESFORCE_CONNECTION_INVALID', 'the sign-in led to another org than organizationId names, or than it led to before');
    }
    this.#organizationId = session.organizationId;
    return session;
  }

  async #attempt(secrets: ReadonlyMap<string, Secret>, signal: AbortSignal): Promise<Session> {
    const { signIn } = this.#options.connection;
    const reveal = (field: string): string => secrets.get(field)!.reveal();
    if (signIn.way === 'soap') {
      this.#warnOfRetirement();
      return this.#soap(`${reveal('password')}${signIn.withToken ? reveal('securityToken') : ''}`, signal);
    }
    return this.#oauth(this.#grant(reveal), signal);
  }

  #warnOfRetirement(): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#options.logger.log('warn', 'Signing in by SOAP login(), which Salesforce retires with Summer ’27 (June 2027). Move to client credentials or JWT bearer before then.', { apiVersion: SOAP_LOGIN_VERSION });
  }

  async #soap(password: string, signal: AbortSignal): Promise<Session> {
    const { connection, http, protect } = this.#options;
    if (connection.signIn.way !== 'soap') throw new RunnerError('INTERNAL', 'SOAP sign-in without its fields');
    const { username, withToken, organizationId } = connection.signIn;
    protect(password);
    const answer = await http.call({
      method: 'POST', origin: this.#loginOrigin(), path: `/services/Soap/u/${SOAP_LOGIN_VERSION}`,
      headers: { 'content-type': 'text/xml; charset=UTF-8', soapaction: '""' },
      body: loginEnvelope({ username, password, organizationId: withToken ? undefined : organizationId }),
    }, signal);
    const { sessionId, serverUrl, organizationId: org } = readLoginAnswer(answer.status, answer.body.toString('utf8'));
    protect(sessionId);
    return { origin: this.#orgOrigin(serverUrl), accessToken: sessionId, organizationId: org };
  }

  #grant(reveal: (field: string) => string): Grant {
    const { connection, clock, protect } = this.#options;
    const { signIn, domain } = connection;
    if (signIn.way === 'clientCredentials') {
      return { consumerKey: signIn.consumerKey, consumerSecret: reveal('consumerSecret'), parameters: { grant_type: 'client_credentials' } };
    }
    if (signIn.way === 'password') {
      const password = `${reveal('password')}${signIn.withToken ? reveal('securityToken') : ''}`;
      protect(password);
      return { consumerKey: signIn.consumerKey, consumerSecret: reveal('consumerSecret'), parameters: { grant_type: 'password', username: signIn.username, password } };
    }
    if (signIn.way !== 'jwt') throw new RunnerError('INTERNAL', 'an OAuth sign-in without its fields');
    const audience = `https://${domainHost(isSharedDomain(domain) ? domain : domain.includes('.sandbox.') ? 'test' : 'login')}`;
    const assertion = signAssertion({ consumerKey: signIn.consumerKey, username: signIn.username, audience, now: clock.now() }, reveal('privateKey'));
    protect(assertion);
    return { consumerKey: signIn.consumerKey, parameters: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion } };
  }

  async #oauth(grant: Grant, signal: AbortSignal): Promise<Session> {
    const carry: Carry = ({ method, url, headers, body }) =>
      this.#options.http.call({ method, origin: url.origin, path: url.pathname + url.search, headers, ...(body === undefined ? {} : { body }) }, signal);
    const { accessToken, instanceUrl, organizationId } = await requestToken(this.#loginOrigin(), grant, carry);
    this.#options.protect(accessToken);
    return { origin: this.#orgOrigin(instanceUrl), accessToken, organizationId };
  }

  #loginOrigin(): string {
    const { host, port } = this.#options.connection.endpoint;
    return port === 443 ? `https://${host}` : `https://${host}:${port}`;
  }

  #orgOrigin(answered: string): string {
    const { domain, endpoint } = this.#options.connection;
    return orgOrigin(answered, domain, endpoint.port);
  }

  async #readSecrets(signal: AbortSignal): Promise<Map<string, Secret>> {
    const read = new Map<string, Secret>();
    for (const field of neededSecrets(this.#options.connection)) read.set(field, await readSecret(this.#options.secrets, field, signal));
    return read;
  }
}

const NEEDED_SECRETS: Readonly<Record<Connection['signIn']['way'], readonly string[]>> = {
  soap: ['password'], password: ['consumerSecret', 'password'], clientCredentials: ['consumerSecret'], jwt: ['privateKey'],
};

function neededSecrets({ signIn }: Connection): readonly string[] {
  const needed = NEEDED_SECRETS[signIn.way];
  return 'withToken' in signIn && signIn.withToken ? [...needed, 'securityToken'] : needed;
}

/** Throws SECRET_UNAVAILABLE when the attempt was given no source for the field. */
export async function readSecret(secrets: ReadonlyMap<string, SecretSource>, field: string, signal: AbortSignal): Promise<Secret> {
  const source = secrets.get(field);
  if (source === undefined) throw new RunnerError('SECRET_UNAVAILABLE', `the field ${field} has no value`);
  return source.read(signal);
}
