import { noAuditTrail, type AuditTrail } from '../../../foundation/src/logging/audit-trail.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { type Events, repeatAtPace } from '../../../foundation/src/runtime/event-count.ts';
import { withDeadline } from '../../../foundation/src/runtime/abort.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { TaskGroup } from '../../../foundation/src/runtime/task-group.ts';
import type { Agreement } from '../connection/handshake.ts';
import type { IdentityKeys } from '../enrollment/rotating-identity.ts';
import { HeadSender, type AuditHeads, type HeadSenderOptions } from './audit-heads.ts';
import { KeyRotation } from './key-rotation.ts';

export interface UpkeepOptions extends Pick<HeadSenderOptions, 'channel' | 'logger'> {
  readonly agreement: Pick<Agreement, 'auditHead' | 'keyRotation'>;
  readonly clock: Clock;
  readonly timing: {
    /** Between two audit heads without an end of a run. */
    readonly auditHeadMs: number;
    /** Between two audit heads, whatever happens. */
    readonly auditHeadPauseMs: number;
    /** How long sending the last one may take. */
    readonly lastHeadMs: number;
  };
  readonly attempts: {
    /** Heads follow the ends of runs. */
    readonly ended: Events;
  };
  readonly trail?: AuditTrail | undefined;
  /** Absent: no heads are sent. */
  readonly heads?: AuditHeads | undefined;
  /** Absent: the key stays. */
  readonly keys?: IdentityKeys | undefined;
}

/** What a session does for the identity of the runner, beside work: its proofs and its keys. */
export class IdentityUpkeep {
  readonly #options: UpkeepOptions;
  readonly #group: TaskGroup;
  readonly #rotation: KeyRotation | undefined;
  readonly #heads: HeadSender | undefined;

  /** Starts its loops in the group of the session. */
  constructor(options: UpkeepOptions, group: TaskGroup) {
    const { agreement, keys, heads, trail = noAuditTrail } = options;
    this.#options = options;
    this.#group = group;
    this.#rotation =
      keys !== undefined && agreement.keyRotation
        ? new KeyRotation({ ...options, keys, trail })
        : undefined;
    if (heads !== undefined && agreement.auditHead !== undefined)
      this.#heads = new HeadSender({ ...options, heads, kept: agreement.auditHead });
    group.start((scope) => this.#sendHeads(scope));
    group.start(async (scope) => this.#rotation?.run(scope));
  }

  /** Ends the session once the new key is in force: the next one proves it. */
  async keyAccepted(publicKey: Uint8Array): Promise<void> {
    if ((await this.#rotation?.accepted(publicKey, this.#group.signal)) === true)
      this.#group.stop(new RunnerError('ABORTED', 'the key of the identity was replaced'));
  }

  /**
   * Sends the head of the audit trail as the last thing of this runner. Never fails: the first
   * session after the next start sends it as well.
   */
  async sendLastHead(signal: AbortSignal): Promise<void> {
    const heads = this.#heads;
    if (heads === undefined) return;
    const { clock, timing, logger } = this.#options;
    try {
      const send = (scope: AbortSignal): Promise<void> => heads.send(scope);
      await withDeadline('the last audit head', timing.lastHeadMs, clock, signal, send);
    } catch (thrown) {
      logger.log('debug', 'last head of the audit trail not sent', errorFields(thrown));
    }
  }

  async #sendHeads(signal: AbortSignal): Promise<void> {
    const heads = this.#heads;
    if (heads === undefined) return;
    const { clock, timing, attempts } = this.#options;
    const { auditHeadMs: mostMs, auditHeadPauseMs: leastMs } = timing;
    const pace = { events: attempts.ended, leastMs, mostMs, clock };
    await repeatAtPace(pace, signal, () => heads.send(signal));
  }
}
