import type { Progress } from '../../../domain/progress.ts';
import type { Wait } from '../../../http/outage-gate.ts';
import type { ErrorCode } from '../../../runtime/error-codes.ts';
import type { ConnectorContext } from '../../connector.ts';

const EVERY_MS = 100;

export type Phase = 'sign-in' | 'catalog' | 'describe' | 'descriptions' | 'mapping';

/** What is wrong with Salesforce, for people: the text of an error may hold more than belongs there. */
const REASONS: Partial<Readonly<Record<ErrorCode, string>>> = {
  NETWORK_UNREACHABLE: 'cannot be reached',
  NETWORK_TIMEOUT: 'does not answer',
  DEADLINE_EXCEEDED: 'does not answer',
  NETWORK_RESET: 'breaks connections',
  SALESFORCE_BUSY: 'is overloaded or in maintenance',
};

/** Tells where an extraction stands, at most ten times a second, but each change of phase and of the number of calls at once. */
export class ProgressReport {
  readonly #context: Pick<ConnectorContext, 'report' | 'clock'>;
  #at: Pick<Progress, 'phase' | 'done' | 'total'> = { phase: 'sign-in', done: 0, total: 1 };
  #waiting: string | undefined;
  #calls = 0;
  #next = 0;

  constructor(context: Pick<ConnectorContext, 'report' | 'clock'>) {
    this.#context = context;
  }

  at(phase: Phase, done: number, total: number): void {
    const now = this.#context.clock.monotonic();
    const same = phase === this.#at.phase;
    this.#at = { phase, done, total };
    if (same && now < this.#next && done < total) return;
    this.#next = now + EVERY_MS;
    this.#report();
  }

  /** Calls charged so far and those under way: a slow org shows its first call before it has answered it. */
  calls(count: number): void {
    this.#calls = count;
    this.#report();
  }

  /** That the run waits for the org; undefined when it no longer does. */
  wait(wait: Wait | undefined): void {
    this.#waiting =
      wait === undefined
        ? undefined
        : `waiting for Salesforce: ${REASONS[wait.error.code] ?? 'gives no usable answer'}, retry in ${Math.ceil(wait.pauseMs / 1000)} s`;
    this.#report();
  }

  #report(): void {
    this.#context.report({
      ...this.#at,
      phase: this.#waiting ?? this.#at.phase,
      apiCalls: this.#calls,
    });
  }
}
