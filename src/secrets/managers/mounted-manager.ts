import { retry, type RetryPolicy } from '../../../foundation/src/http/retry.ts';
import { withDeadline } from '../../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import type { ErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';
import type { SecretProvider } from '../provider.ts';
import type { SecretPath } from '../reference.ts';
import type { Secret } from '../secret.ts';
import type { ValueVersions } from '../value-versions.ts';
import { Cache } from './cache.ts';
import type { SecretManager, StoredSecret } from './manager-kind.ts';
import { secretIn, storedName } from './stored-value.ts';

/** For a look-up with its sign-in and its repetitions. */
export const LOOK_UP_MS = 20_000;

const REPETITIONS: RetryPolicy = { tries: 3, baseMs: 500, capMs: 4_000 };

export interface MountOptions {
  readonly manager: SecretManager;
  readonly type: string;
  /** Whether the last segment of a path is a key within the secret. */
  readonly hasKeys: boolean;
  /** How long a value is kept in memory. */
  readonly cacheMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Of values that the manager has no version of. */
  readonly versions: ValueVersions;
}

/** A secret manager as a provider. Values are in memory only, and for a limited time. */
export class MountedManager implements SecretProvider {
  readonly name: string;
  readonly #options: MountOptions;
  readonly #cache: Cache<StoredSecret>;

  constructor(options: MountOptions) {
    this.name = options.type;
    this.#options = options;
    this.#cache = new Cache({ keepMs: options.cacheMs, clock: options.clock });
  }

  async read(path: SecretPath, signal: AbortSignal): Promise<Secret | undefined> {
    const stored = storedName(path, this.#options.hasKeys);
    const { name } = stored;
    const lookUp = (bounded: AbortSignal): Promise<StoredSecret | undefined> =>
      this.#bounded(bounded, (within) => this.#options.manager.fetch(name, within));
    const found = await this.#cache.get(name.join('/'), lookUp, signal);
    return found === undefined ? undefined : secretIn(found, stored, this.#options.versions);
  }

  /** Where `read` looks, to display. Throws SECRET_UNAVAILABLE as `read` does. */
  async where(path: SecretPath): Promise<string> {
    const { name, key } = storedName(path, this.#options.hasKeys);
    const place = this.#options.manager.where(name);
    return key === undefined ? place : `${place}, key ${key}`;
  }

  /** Signs in, if there is a sign-in. */
  async check(signal: AbortSignal): Promise<void> {
    await this.#bounded(signal, async (bounded) => this.#options.manager.check?.(bounded));
  }

  async #bounded<T>(outer: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { type, clock } = this.#options;
    try {
      return await withDeadline(`the look-up in ${type}`, LOOK_UP_MS, clock, outer, (signal) =>
        retry(REPETITIONS, this.#options, signal, () => work(signal)),
      );
    } catch (thrown) {
      throw outer.aborted
        ? RunnerError.from(outer.reason, 'ABORTED')
        : asProviderError(thrown, type);
    }
  }
}

const OWN_CODES: readonly ErrorCode[] = [
  'SECRET_UNAVAILABLE',
  'SECRET_PROVIDER_FAILED',
  'SECRET_MANAGER_DENIED',
  'SECRET_MANAGER_SIGN_IN_FAILED',
  'SECRET_MANAGER_SEALED',
  'SECRET_MANAGER_THROTTLED',
  'SECRET_VALUE_UNUSABLE',
  'FILE_UNSAFE',
  'FILE_UNREADABLE',
];

/** What connections throw is a failure of the provider; its remedy still fits. */
function asProviderError(thrown: unknown, type: string): RunnerError {
  const error = RunnerError.from(thrown, 'SECRET_PROVIDER_FAILED');
  if (OWN_CODES.includes(error.code)) return error;
  const { remedy, retryable } = error;
  return new RunnerError('SECRET_PROVIDER_FAILED', `${type}: ${error.message}`, {
    cause: error,
    remedy,
    retryable,
  });
}
