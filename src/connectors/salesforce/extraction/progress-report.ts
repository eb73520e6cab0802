import type { Progress } from '../../../../foundation/src/domain/progress.ts';
import type { Wait } from '../../../../foundation/src/http/outage-gate.ts';
import type { ErrorCode } from '../../../../foundation/src/runtime/error-codes.ts';
import type { ConnectorContext } from '../../connector.ts';

const INTERVAL_MS = 100;

export type Phase = 'sign-in' | 'catalog' | 'describe' | 'descriptions' | 'mapping';

/**
 * What a run waits for, and what is wrong with it, for display. Messages of errors may contain
 * details that do not belong in a status.
 */
const REASONS: Partial<Readonly<Record<ErrorCode, string>>> = {
  NETWORK_UNREACHABLE: 'Salesforce: cannot be reached',
  NETWORK_TIMEOUT: 'Salesforce: does not answer',
  DEADLINE_EXCEEDED: 'Salesforce: does not answer',
  NETWORK_RESET: 'Salesforce: closes connections',
  SALESFORCE_BUSY: 'Salesforce: is overloaded or in maintenance',
  SECRET_PROVIDER_FAILED: 'the secret provider: fails',
  SECRET_MANAGER_SEALED: 'the secret manager: is sealed or in maintenance',
  SECRET_MANAGER_THROTTLED: 'the secret manager: is overloaded',
  AUDIT_UNWRITABLE: 'the audit trail: cannot be written',
};

/**
 * Reports the progress of a run at most ten times a second; changes of the phase and of the number
 * of calls at once.
 */
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
    this.#next = now + INTERVAL_MS;
    this.#report();
  }

  /**
   * Calls charged so far and calls under way, so that a slow org shows its first call before its
   * answer.
   */
  calls(count: number): void {
    this.#calls = count;
    this.#report();
  }

  /** The run waits for the org or a secret; undefined once it continues. */
  wait(wait: Wait | undefined): void {
    this.#waiting =
      wait === undefined
        ? undefined
        : `waiting for ${REASONS[wait.error.code] ?? 'Salesforce: sends invalid answers'}, retry in ${Math.ceil(wait.pauseMs / 1000)} s`;
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
