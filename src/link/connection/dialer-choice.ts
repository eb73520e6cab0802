import type { Dialer } from '../../channel/channel.ts';
import type { ErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import type { RunnerError } from '../../../foundation/src/runtime/errors.ts';

/**
 * Failures that another kind of channel may avoid: a firewall, proxy or gateway may break only one
 * of the two.
 */
const WORTH_ANOTHER_KIND: ReadonlySet<ErrorCode> = new Set([
  'NETWORK_UNREACHABLE',
  'NETWORK_TIMEOUT',
  'NETWORK_RESET',
  'PROXY_REFUSED',
  'PROTOCOL_VIOLATION',
  'FRAME_TOO_LARGE',
  'DEADLINE_EXCEEDED',
]);

/**
 * Chooses the dialer: the preferred one; after a failure the next; then the one that worked, until
 * the preferred works again.
 */
export class DialerChoice {
  readonly #dialers: readonly Dialer[];
  /** The dialer that worked last, unless it is the preferred one. */
  #fallback: Dialer | undefined;

  /** Preferred first; at least one. */
  constructor(dialers: readonly Dialer[]) {
    this.#dialers = dialers;
  }

  get preferred(): Dialer {
    return this.#dialers[0]!;
  }

  /** The dialers to try in one round, in order. */
  round(): readonly Dialer[] {
    const first = this.#fallback;
    return first === undefined
      ? this.#dialers
      : [first, ...this.#dialers.filter((dialer) => dialer !== first)];
  }

  worthAnother(error: RunnerError): boolean {
    return WORTH_ANOTHER_KIND.has(error.code);
  }

  worked(dialer: Dialer): void {
    this.#fallback = dialer === this.preferred ? undefined : dialer;
  }

  /** Call when the preferred dialer works again, or no dialer works. */
  reset(): void {
    this.#fallback = undefined;
  }
}
