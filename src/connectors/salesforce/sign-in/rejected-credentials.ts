import { errorFields } from '../../../../foundation/src/runtime/error-fields.ts';
import { formatEndpoint } from '../../../../foundation/src/network/endpoint.ts';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import { RunnerError } from '../errors/errors.ts';
import type { Connection } from './connection.ts';
import type { RejectionStore, SentCredentials } from './rejection-store.ts';

/** Versions of secrets by field. */
type Versions = ReadonlyMap<string, string>;

export interface RejectedCredentialsDeps {
  readonly connection: Connection;
  readonly logger: Logger;
  readonly rejections?: RejectionStore | undefined;
}

/**
 * Invariant: credentials that Salesforce has rejected are not sent again until one of them has a
 * new version, because orgs lock users after a few failures. Rejected passwords are recorded across
 * attempts.
 */
export class RejectedCredentials {
  readonly #deps: RejectedCredentialsDeps;
  #last: { readonly key: string; readonly error: RunnerError } | undefined;

  constructor(deps: RejectedCredentialsDeps) {
    this.#deps = deps;
  }

  /** Throws SALESFORCE_LOGIN_FAILED if these were rejected. */
  async check(versions: Versions): Promise<void> {
    if (this.#last?.key === keyOf(versions)) throw this.#last.error;
    const sent = this.#lockable(versions);
    const rejectedAt = sent === undefined ? undefined : await this.#deps.rejections?.find(sent);
    if (rejectedAt === undefined) return;
    throw new RunnerError(
      'SALESFORCE_LOGIN_FAILED',
      `Salesforce rejected these credentials on ${new Date(rejectedAt).toISOString()}; they are not sent again so that the user is not locked`,
      {
        remedy: [
          'Store the correct password and security token. If they are correct and the user was',
          'unlocked, store them again unchanged: that creates a new version. For a provider',
          'without versions (environment, command, version 1 of a Vault engine), follow',
          '“Rejected passwords are not sent again” in docs/salesforce.md.',
        ].join(' '),
      },
    );
  }

  async record(versions: Versions, error: RunnerError): Promise<void> {
    this.#last = { key: keyOf(versions), error };
    const sent = this.#lockable(versions);
    if (sent === undefined) return;
    await this.#deps.rejections?.record(sent).catch((thrown: unknown) => {
      this.#deps.logger.log(
        'warn',
        'failed to record rejected credentials; the next run will send them again',
        errorFields(thrown),
      );
    });
  }

  /** Only failures with a password count toward a lock. */
  #lockable(versions: Versions): SentCredentials | undefined {
    const { signIn, endpoint } = this.#deps.connection;
    if (signIn.kind !== 'soap' && signIn.kind !== 'password') return undefined;
    return { endpoint: formatEndpoint(endpoint), username: signIn.username, versions };
  }
}

function keyOf(versions: Versions): string {
  return JSON.stringify([...versions]);
}
