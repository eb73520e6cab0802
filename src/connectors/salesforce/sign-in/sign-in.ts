import type { HttpClient } from '../../../../foundation/src/http/client.ts';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../../foundation/src/runtime/clock.ts';
import type { ErrorCode } from '../../../../foundation/src/runtime/error-codes.ts';
import { RunnerError } from '../errors/errors.ts';
import type { Secret, SecretSource } from '../../../secrets/secret.ts';
import type { Connection } from './connection.ts';
import { neededSecrets } from './grants.ts';
import { OAuthSignIn } from './oauth-sign-in.ts';
import { organizationSpellings } from './organization-id.ts';
import { readSecret } from './read-secret.ts';
import type { RejectionStore } from './rejection-store.ts';
import { RejectedCredentials } from './rejected-credentials.ts';
import type { Session } from './session.ts';
import { SoapSignIn } from './soap-sign-in.ts';

export interface SignInDeps {
  readonly connection: Connection;
  readonly secrets: ReadonlyMap<string, SecretSource>;
  readonly http: Pick<HttpClient, 'call'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** As in ConnectorContext. */
  readonly admitOrganization: (organization: readonly string[]) => Promise<void>;
  readonly noteFailedSignIn: (code: ErrorCode) => Promise<void>;
  readonly protect: (value: string) => void;
  /** Rejections of earlier attempts; absent if none are stored. */
  readonly rejections?: RejectionStore | undefined;
}

/**
 * Signs in, each time with the current secrets. Credentials that Salesforce rejected are not sent
 * again.
 */
export class SignIn {
  readonly #deps: SignInDeps;
  readonly #rejected: RejectedCredentials;
  readonly #soap: SoapSignIn;
  readonly #oauth: OAuthSignIn;
  #organizationId: string | undefined;

  constructor(deps: SignInDeps) {
    this.#deps = deps;
    this.#rejected = new RejectedCredentials(deps);
    this.#soap = new SoapSignIn(deps);
    this.#oauth = new OAuthSignIn(deps);
    this.#organizationId = deps.connection.organizationId;
  }

  /**
   * Throws SALESFORCE_LOGIN_FAILED, SALESFORCE_LOGIN_DENIED, SALESFORCE_LOGIN_RETIRED, SECRET_*,
   * NETWORK_*, HOST_DENIED, ORGANIZATION_DENIED and the like.
   */
  async open(signal: AbortSignal): Promise<Session> {
    const { secrets, versions } = await this.#prepare(signal).catch((thrown: unknown) => {
      throw RunnerError.from(thrown).with({ neverSent: true });
    });
    const session = await this.#authenticate(secrets, signal).catch((thrown: unknown) =>
      this.#failed(thrown, versions),
    );
    return this.#requireSameOrg(session);
  }

  async #prepare(signal: AbortSignal): Promise<{
    readonly secrets: ReadonlyMap<string, Secret>;
    readonly versions: ReadonlyMap<string, string>;
  }> {
    const secrets = await this.#readSecrets(signal);
    const versions = new Map([...secrets].map(([field, secret]) => [field, secret.version]));
    await this.#rejected.check(versions);
    return { secrets, versions };
  }

  async #failed(thrown: unknown, versions: ReadonlyMap<string, string>): Promise<never> {
    const error = this.#suspectCertificate(RunnerError.from(thrown));
    if (error.code === 'SALESFORCE_LOGIN_FAILED') await this.#rejected.record(versions, error);
    if (!error.neverSent) await this.#deps.noteFailedSignIn(error.code);
    throw error;
  }

  #authenticate(secrets: ReadonlyMap<string, Secret>, signal: AbortSignal): Promise<Session> {
    const { signIn } = this.#deps.connection;
    return signIn.kind === 'soap'
      ? this.#soap.open(signIn, secrets, signal)
      : this.#oauth.open(secrets, signal);
  }

  /** An org that does not accept a certificate breaks the connection as soon as it is used. */
  #suspectCertificate(error: RunnerError): RunnerError {
    const { tls } = this.#deps.connection;
    if (!tls.clientCertificate || error.code !== 'NETWORK_RESET') return error;
    return new RunnerError(
      'TLS_UNTRUSTED',
      'the connection broke at sign-in, right after the client certificate was presented',
      {
        cause: error,
        retryable: true,
        remedy: [
          'Check that the client certificate has not expired, comes with its intermediate',
          'certificates, and is the one uploaded in Setup > Certificate and Key Management.',
        ].join(' '),
      },
    );
  }

  /** The first org that answers is the org of the whole attempt, if the policy permits it. */
  async #requireSameOrg(session: Session): Promise<Session> {
    await this.#deps.admitOrganization(organizationSpellings(session.organizationId));
    if (this.#organizationId !== undefined && session.organizationId !== this.#organizationId) {
      throw new RunnerError(
        'SALESFORCE_CONNECTION_INVALID',
        'the sign-in led to another org than the one in organizationId or the one of the previous sign-in',
      );
    }
    this.#organizationId = session.organizationId;
    return session;
  }

  async #readSecrets(signal: AbortSignal): Promise<Map<string, Secret>> {
    const read = new Map<string, Secret>();
    for (const field of neededSecrets(this.#deps.connection))
      read.set(field, await readSecret(this.#deps.secrets, field, signal));
    return read;
  }
}
