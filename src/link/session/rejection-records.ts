import { attemptKey, type AttemptRef } from '../../../foundation/src/domain/ids.ts';
import type { AuditEvent, AuditTrail } from '../../../foundation/src/logging/audit-trail.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import type { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { sleepUnlessAborted } from '../../../foundation/src/runtime/wait.ts';

/** Far more than offers that can be on their way at once. */
const REMEMBERED = 1_000;
const WINDOW_MS = 60_000;
const MAX_IN_WINDOW = 60;

/**
 * Rejected offers in the audit trail. At most 60 a minute, so that a control plane cannot fill the
 * disk; the others are counted. Remembers the answers too: the same offer gets the same one. For
 * all sessions together, because a control plane can end one.
 */
export class RejectionRecords {
  readonly #trail: AuditTrail;
  readonly #clock: Clock;
  #windowEnd = Number.NEGATIVE_INFINITY;
  #recorded = 0;
  /** In no line yet. */
  #omitted = 0;
  readonly #answers = new Map<string, RunnerError>();

  constructor(trail: AuditTrail, clock: Clock) {
    this.#trail = trail;
    this.#clock = clock;
  }

  /** Why the offer of this attempt was rejected before; undefined if it was not. */
  answerTo(ref: AttemptRef): RunnerError | undefined {
    return this.#answers.get(attemptKey(ref));
  }

  remember(ref: AttemptRef, error: RunnerError): void {
    this.#answers.set(attemptKey(ref), error);
    const [oldest] = this.#answers.keys();
    if (oldest !== undefined && this.#answers.size > REMEMBERED) this.#answers.delete(oldest);
  }

  /** Never rejects: an offer stays rejected. */
  async record(facts: Omit<AuditEvent, 'event'>): Promise<void> {
    const now = this.#clock.monotonic();
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + WINDOW_MS;
      this.#recorded = 0;
    }
    if (this.#recorded >= MAX_IN_WINDOW) {
      this.#omitted += 1;
      return;
    }
    this.#recorded += 1;
    await this.#write(facts, 'omittedBefore');
  }

  /** Records how many were omitted every minute, and when the signal fires. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (await sleepUnlessAborted(this.#clock, WINDOW_MS, signal)) await this.#writeOmitted();
    await this.#writeOmitted();
  }

  async #writeOmitted(): Promise<void> {
    if (this.#omitted > 0) await this.#write({}, 'omitted');
  }

  async #write(
    facts: Omit<AuditEvent, 'event'>,
    field: 'omitted' | 'omittedBefore',
  ): Promise<void> {
    const omitted = this.#omitted;
    this.#omitted = 0;
    const count = omitted === 0 ? {} : { [field]: omitted };
    try {
      await this.#trail.record({ ...facts, event: 'job', decision: 'reject', ...count });
    } catch {
      // Not lost: the next line has them, and the rejection that this one was about.
      this.#omitted += omitted + (field === 'omitted' ? 0 : 1);
    }
  }
}
