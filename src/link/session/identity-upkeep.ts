import { noAuditTrail, type AuditTrail } from '../../../foundation/src/logging/audit-trail.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { TaskGroup } from '../../../foundation/src/runtime/task-group.ts';
import type { Agreement } from '../connection/handshake.ts';
import type { IdentityKeys } from '../enrollment/rotating-identity.ts';
import { sendAuditHeads, type AuditHeads, type SendHeadsOptions } from './audit-heads.ts';
import { KeyRotation } from './key-rotation.ts';

export interface UpkeepOptions extends Pick<SendHeadsOptions, 'channel' | 'clock' | 'logger'> {
  readonly agreement: Pick<Agreement, 'auditHead' | 'keyRotation'>;
  readonly timing: {
    /** Between two audit heads. */
    readonly auditHeadMs: number;
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

  /** Starts its loops in the group of the session. */
  constructor(options: UpkeepOptions, group: TaskGroup) {
    const { agreement, keys, trail = noAuditTrail } = options;
    this.#options = options;
    this.#group = group;
    this.#rotation =
      keys !== undefined && agreement.keyRotation
        ? new KeyRotation({ ...options, keys, trail })
        : undefined;
    group.start((scope) => this.#sendHeads(scope));
    group.start(async (scope) => this.#rotation?.run(scope));
  }

  /** Ends the session once the new key is in force: the next one proves it. */
  async keyAccepted(publicKey: Uint8Array): Promise<void> {
    if ((await this.#rotation?.accepted(publicKey, this.#group.signal)) === true)
      this.#group.stop(new RunnerError('ABORTED', 'the key of the identity was replaced'));
  }

  async #sendHeads(signal: AbortSignal): Promise<void> {
    const { heads, agreement, timing } = this.#options;
    if (heads === undefined || agreement.auditHead === undefined) return;
    const { auditHead: kept } = agreement;
    await sendAuditHeads({ ...this.#options, heads, kept, pauseMs: timing.auditHeadMs }, signal);
  }
}
