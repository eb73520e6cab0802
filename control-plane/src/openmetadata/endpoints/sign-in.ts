/**
 * Sign-in of OpenMetadata servers with user and password. Invariants:
 * - An unknown user and a wrong password take the same time and get the same answer.
 * - After too many failures an address waits, without a derivation; a password that is known to be
 *   right is never made to wait, so guessing cannot lock the server out.
 */
import type { Deps } from '../../deps.ts';
import { ControlPlaneError } from '../../runtime/errors.ts';
import { PROGRAM } from '../../runtime/program.ts';
import { SerialQueue } from '../../../../foundation/src/runtime/serial-queue.ts';
import type { StoredEndpoint } from '../../store/openmetadata.ts';
import { KnownPasswords, matchesPassword } from './password.ts';

const MAX_FAILURES = 10;
const WINDOW_MS = 60_000;
/** Addresses remembered at once. */
const MAX_ADDRESSES = 10_000;
const MAX_CREDENTIALS = 1024;
/** Matches no password; keeps the time of an unknown user the same. */
const NOBODY = `scrypt$${'A'.repeat(22)}$${'A'.repeat(43)}`;

export class SignIn {
  readonly #deps: Pick<Deps, 'store' | 'clock' | 'random' | 'log'>;
  readonly #known: KnownPasswords;
  readonly #derivations = new SerialQueue();
  readonly #failures = new Map<string, { count: number; readonly until: number }>();

  constructor(deps: Pick<Deps, 'store' | 'clock' | 'random' | 'log'>) {
    this.#deps = deps;
    this.#known = new KnownPasswords(deps.random);
  }

  /** The endpoint of an Authorization header. Throws UNAUTHENTICATED and TOO_MANY_REQUESTS. */
  async endpointOf(header: string | undefined, address: string): Promise<StoredEndpoint> {
    const credentials = basicCredentials(header);
    if (credentials === undefined) throw rejected();
    const endpoint = await this.#deps.store.read.endpoints.ofUser(credentials.user);
    const stored = endpoint?.passwordHash ?? NOBODY;
    if (endpoint !== undefined && this.#known.has(credentials.password, stored)) return endpoint;
    return this.#derivations.run(async () => {
      this.#checkFailures(address);
      if (!(await matchesPassword(credentials.password, stored)) || endpoint === undefined) {
        this.#countFailure(address);
        throw rejected();
      }
      this.#known.add(credentials.password, stored);
      return endpoint;
    });
  }

  #checkFailures(address: string): void {
    const failures = this.#failures.get(address);
    if (failures === undefined) return;
    if (failures.until <= this.#deps.clock.monotonic()) this.#failures.delete(address);
    else if (failures.count >= MAX_FAILURES)
      throw new ControlPlaneError(
        'TOO_MANY_REQUESTS',
        'too many failed sign-ins from this address',
      );
  }

  #countFailure(address: string): void {
    if (this.#failures.size >= MAX_ADDRESSES) this.#failures.clear();
    const until = this.#deps.clock.monotonic() + WINDOW_MS;
    const failures = this.#failures.get(address) ?? { count: 0, until };
    failures.count++;
    this.#failures.set(address, failures);
    this.#deps.log.warn(
      { address, failures: failures.count },
      'rejected sign-in of an OpenMetadata server',
    );
  }
}

function rejected(): ControlPlaneError {
  return new ControlPlaneError('UNAUTHENTICATED', 'user or password is missing or wrong', {
    remedy: `Enter the credentials of \`${PROGRAM} openmetadata add\` in the server’s settings.`,
  });
}

function basicCredentials(
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const encoded = /^Basic (?<encoded>[A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.groups?.['encoded'];
  if (encoded === undefined || encoded.length > MAX_CREDENTIALS) return undefined;
  const [, user, password] =
    /^(?<user>[^:]*):(?<password>[^]*)$/.exec(Buffer.from(encoded, 'base64').toString('utf8')) ??
    [];
  return user === undefined || password === undefined ? undefined : { user, password };
}
