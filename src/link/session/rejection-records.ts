import type { AuditEvent, AuditTrail } from '../../../foundation/src/logging/audit-trail.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';

const WINDOW_MS = 60_000;
const MAX_IN_WINDOW = 60;

/**
 * Rejected offers in the audit trail: as many as are useful, because a control plane could fill the
 * disk with them. Those in between are counted.
 */
export class RejectionRecords {
  readonly #trail: AuditTrail;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #windowEnd = Number.NEGATIVE_INFINITY;
  #recorded = 0;
  #omitted = 0;

  constructor(trail: AuditTrail, clock: Pick<Clock, 'monotonic'>) {
    this.#trail = trail;
    this.#clock = clock;
  }

  /** Never rejects: what was refused stays refused. */
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
    const omitted = this.#omitted === 0 ? undefined : this.#omitted;
    this.#omitted = 0;
    const event = { ...facts, event: 'job', decision: 'reject', omittedBefore: omitted };
    await this.#trail.record(event).catch(() => undefined);
  }
}
