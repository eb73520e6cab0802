import type { Channel } from '../../channel/channel.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import { SerialQueue } from '../../../foundation/src/runtime/serial-queue.ts';

/** The end of the audit trail, and what has become of a line that was its end before. */
export interface ComparedHead {
  readonly number: number;
  readonly hash: string;
  readonly signature: Uint8Array;
  /** Empty if the trail has no intact line with that number. */
  readonly previousHash: string;
}

export interface AuditHeads {
  /** Undefined if there is no trail. `previous` is the number of an earlier head, 0 for none. */
  compare(previous: number, signal: AbortSignal): Promise<ComparedHead | undefined>;
}

export interface HeadSenderOptions {
  readonly channel: Channel;
  readonly heads: AuditHeads;
  /** The last one that the control plane has kept; 0 for none. */
  readonly kept: number;
  readonly logger: Logger;
}

/**
 * Sends heads of the audit trail during a session. A trail that cannot be read ends no session: the
 * control plane shows how old its last head is.
 */
export class HeadSender {
  readonly #options: HeadSenderOptions;
  readonly #queue = new SerialQueue();
  #previous: number;
  #sent: string | undefined;

  constructor(options: HeadSenderOptions) {
    this.#options = options;
    this.#previous = options.kept;
  }

  /** Sends the present head, unless it was sent. */
  send(signal: AbortSignal): Promise<void> {
    return this.#queue.run(async () => {
      const head = await this.#compare(signal);
      if (head === undefined || head.hash === this.#sent) return;
      const body = { ...head, previousNumber: this.#previous };
      await this.#options.channel.send({ kind: 'auditHead', body }, signal);
      this.#previous = head.number;
      this.#sent = head.hash;
    });
  }

  async #compare(signal: AbortSignal): Promise<ComparedHead | undefined> {
    try {
      return await this.#options.heads.compare(this.#previous, signal);
    } catch (thrown) {
      const message = 'failed to sign the head of the audit trail';
      if (!signal.aborted) this.#options.logger.log('error', message, errorFields(thrown));
      return undefined;
    }
  }
}
