import type { Clock } from '../../../runtime/clock.ts';
import { RunnerError } from '../errors/errors.ts';
import { formatEndpoint } from '../../../network/endpoint.ts';
import type { Logger } from '../../../observability/logger.ts';
import type { Secret, SecretSource } from '../../../secrets/secret.ts';
import type { Connection } from './connection.ts';
import { orgOrigin } from './domain.ts';
import { grantOf, neededSecrets, wholePassword } from './grants.ts';
import type { HttpClient, HttpResponse } from '../../../http/client.ts';
import type { Carry } from './jsforce-transport.ts';
import { requestToken } from './oauth.ts';
import type { RefusalMemory, SentCredentials } from './refusal-memory.ts';
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
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly protect: (value: string) => void;
  /** Of attempts before this one; absent where nothing is kept. */
  readonly refusals?: RefusalMemory | undefined;
}

/** A clock further off than this is corrected by the org's when an assertion is refused; an assertion has 150 s to live. */
const TOLERATED_SKEW_MS = 30_000;

/**
 * Signs in, each time with the secrets as they are now. Credentials that Salesforce has refused are not sent again until
 * one of them changes, because orgs lock users after a few failures: nor by later attempts, where a password is at stake.
 */
export class SignIn {
  readonly #options: SignInOptions;
  #refused: { readonly versions: string; readonly error: RunnerError } | undefined;
  #organizationId: string | undefined;
  #warned = false;
  /** What the org's clock is ahead of ours, in milliseconds; 0 until an assertion was refused for it. */
  #skew = 0;

  constructor(options: SignInOptions) {
    this.#options = options;
    this.#organizationId = options.connection.organizationId;
  }

  /** Throws SALESFORCE_LOGIN_FAILED, SALESFORCE_LOGIN_DENIED, SALESFORCE_LOGIN_RETIRED, SECRET_*, NETWORK_*, HOST_DENIED and the like. */
  async open(signal: AbortSignal): Promise<Session> {
    const secrets = await this.#readSecrets(signal);
    const versions = new Map([...secrets].map(([field, secret]) => [field, secret.version]));
    const key = JSON.stringify([...versions]);
    if (this.#refused?.versions === key) throw this.#refused.error;
    await this.#refuseKnown(versions);
    try {
      return this.#accept(await this.#attempt(secrets, signal));
    } catch (thrown) {
      const error = this.#blameCertificate(RunnerError.from(thrown));
      if (error.code === 'SALESFORCE_LOGIN_FAILED') {
        this.#refused = { versions: key, error };
        await this.#remember(versions);
      }
      throw error;
    }
  }

  /** A certificate that an org does not take shows as a connection that breaks as soon as it is used. */
  #blameCertificate(error: RunnerError): RunnerError {
    if (!this.#options.connection.tls.clientCertificate || error.code !== 'NETWORK_RESET')
      return error;
    return new RunnerError(
      'TLS_UNTRUSTED',
      'the connection broke at sign-in, right after the client certificate was presented',
      {
        cause: error,
        retryable: true,
        remedy:
          'Check that the client certificate has not expired, comes with its intermediate certificates, and is the one uploaded in Setup > Certificate and Key Management.',
      },
    );
  }

  async #refuseKnown(versions: ReadonlyMap<string, string>): Promise<void> {
    const sent = this.#lockable(versions);
    const refusedAt = sent === undefined ? undefined : await this.#options.refusals?.recall(sent);
    if (refusedAt === undefined) return;
    throw new RunnerError(
      'SALESFORCE_LOGIN_FAILED',
      `Salesforce refused these very credentials on ${new Date(refusedAt).toISOString()}; they are not sent again, so that the user is not locked`,
      {
        remedy:
          'Store the right password and security token. If they are right and the user was unlocked, store them again as they are: that makes a new version.',
      },
    );
  }

  async #remember(versions: ReadonlyMap<string, string>): Promise<void> {
    const sent = this.#lockable(versions);
    if (sent === undefined) return;
    await this.#options.refusals?.record(sent).catch((thrown: unknown) => {
      this.#options.logger.log(
        'warn',
        'The refused credentials could not be noted, so the next run will send them again',
        { code: RunnerError.from(thrown).code },
      );
    });
  }

  /** Only failures with a password count toward a lock. */
  #lockable(versions: ReadonlyMap<string, string>): SentCredentials | undefined {
    const { signIn, endpoint } = this.#options.connection;
    if (signIn.way !== 'soap' && signIn.way !== 'password') return undefined;
    return { endpoint: formatEndpoint(endpoint), username: signIn.username, versions };
  }

  /** The org that answered first is the org of the whole attempt. */
  #accept(session: Session): Session {
    if (this.#organizationId !== undefined && session.organizationId !== this.#organizationId) {
      throw new RunnerError(
        'SALESFORCE_CONNECTION_INVALID',
        'the sign-in led to another org than organizationId names, or than it led to before',
      );
    }
    this.#organizationId = session.organizationId;
    return session;
  }

  async #attempt(secrets: ReadonlyMap<string, Secret>, signal: AbortSignal): Promise<Session> {
    if (this.#options.connection.signIn.way !== 'soap') return this.#oauth(secrets, signal);
    this.#warnOfRetirement();
    return this.#soap(wholePassword(this.#options.connection, secrets), signal);
  }

  #warnOfRetirement(): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#options.logger.log(
      'warn',
      'Signing in by SOAP login(), which Salesforce retires with Summer ’27 (June 2027). Move to client credentials or JWT bearer before then.',
      { apiVersion: SOAP_LOGIN_VERSION },
    );
  }

  async #soap(password: string, signal: AbortSignal): Promise<Session> {
    const { connection, http, protect } = this.#options;
    if (connection.signIn.way !== 'soap')
      throw new RunnerError('INTERNAL', 'SOAP sign-in without its fields');
    const { username, withToken, organizationId } = connection.signIn;
    protect(password);
    const answer = await http.call(
      {
        method: 'POST',
        origin: this.#loginOrigin(),
        path: `/services/Soap/u/${SOAP_LOGIN_VERSION}`,
        headers: { 'content-type': 'text/xml; charset=UTF-8', soapaction: '""' },
        body: loginEnvelope({
          username,
          password,
          organizationId: withToken ? undefined : organizationId,
        }),
      },
      signal,
    );
    const {
      sessionId,
      serverUrl,
      organizationId: org,
    } = readLoginAnswer(answer.status, answer.body().toString('utf8'));
    protect(sessionId);
    return { origin: this.#orgOrigin(serverUrl), accessToken: sessionId, organizationId: org };
  }

  /** A clock that is wrong makes every assertion invalid; the answer's own time puts that right, once. */
  async #oauth(secrets: ReadonlyMap<string, Secret>, signal: AbortSignal): Promise<Session> {
    const told: { time?: number } = {};
    try {
      return await this.#ask(secrets, told, signal);
    } catch (thrown) {
      const { connection, clock, logger } = this.#options;
      const skew = (told.time ?? clock.now()) - clock.now();
      if (
        connection.signIn.way !== 'jwt' ||
        signal.aborted ||
        Math.abs(skew - this.#skew) < TOLERATED_SKEW_MS
      )
        throw thrown;
      logger.log(
        'warn',
        'The clock of this machine is wrong; the org’s is used to sign in. Set the clock right.',
        { offBySeconds: Math.round(skew / 1000) },
      );
      this.#skew = skew;
      return this.#ask(secrets, told, signal);
    }
  }

  async #ask(
    secrets: ReadonlyMap<string, Secret>,
    told: { time?: number },
    signal: AbortSignal,
  ): Promise<Session> {
    const { connection, clock, http, protect } = this.#options;
    const carry: Carry = async ({ method, url, headers, body }) => {
      const answer = await http.call(
        {
          method,
          origin: url.origin,
          path: url.pathname + url.search,
          headers,
          ...(body === undefined ? {} : { body }),
        },
        signal,
      );
      const time = timeOf(answer);
      if (time !== undefined) told.time = time;
      return answer;
    };
    const grant = grantOf(connection, secrets, { now: clock.now() + this.#skew, protect });
    const { accessToken, instanceUrl, organizationId } = await requestToken(
      this.#loginOrigin(),
      grant,
      carry,
    );
    protect(accessToken);
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
    for (const field of neededSecrets(this.#options.connection))
      read.set(field, await readSecret(this.#options.secrets, field, signal));
    return read;
  }
}

/** The `Date` of an answer, as Unix time in milliseconds. */
function timeOf({ headers }: HttpResponse): number | undefined {
  const time = Date.parse(String(headers['date'] ?? ''));
  return Number.isNaN(time) ? undefined : time;
}

/** Throws SECRET_UNAVAILABLE when the attempt was given no source for the field. */
export async function readSecret(
  secrets: ReadonlyMap<string, SecretSource>,
  field: string,
  signal: AbortSignal,
): Promise<Secret> {
  const source = secrets.get(field);
  if (source === undefined)
    throw new RunnerError('SECRET_UNAVAILABLE', `the field ${field} has no value`);
  return source.read(signal);
}
