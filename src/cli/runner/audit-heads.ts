import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import type { Disk } from '../../../foundation/src/runtime/disk.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { NEVER, withDeadline } from '../../../foundation/src/runtime/abort.ts';
import { type Events, repeatAtPace } from '../../../foundation/src/runtime/event-count.ts';
import { LARGE_TRAIL_BYTES, trailSize } from '../../audit/files.ts';
import { signHead, type Signer } from '../../audit/head.ts';
import { auditDirectory } from '../../audit/trail.ts';

const MOST_MS = 15 * 60_000;
const LEAST_MS = 60_000;
const LAST_MS = 5_000;

export interface HeadLogDeps {
  readonly signer: Signer;
  /** The ends of workers. */
  readonly ended: Events;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly disk?: Disk;
}

/**
 * Logs signed heads of the audit trail, so that a log that is collected elsewhere shows where lines
 * were cut from the end. Warns of a trail that takes much of the disk.
 */
export class HeadLog {
  readonly #directory: string;
  readonly #deps: HeadLogDeps;
  #logged = 0;

  constructor(stateDir: string, deps: HeadLogDeps) {
    this.#directory = auditDirectory(stateDir);
    this.#deps = deps;
  }

  /** After each run, at most once a minute, and every 15 minutes, if there are new lines. */
  async run(signal: AbortSignal): Promise<void> {
    const { ended: events, clock } = this.#deps;
    const pace = { events, leastMs: LEAST_MS, mostMs: MOST_MS, clock };
    await repeatAtPace(pace, signal, async () => {
      await this.#log(signal);
      await this.#warnIfLarge(signal);
    });
  }

  /** At the end of the program. */
  async logLast(): Promise<void> {
    const log = (signal: AbortSignal): Promise<void> => this.#log(signal);
    await withDeadline('the last audit head', LAST_MS, this.#deps.clock, NEVER, log).catch(
      (thrown: unknown) => this.#failed(thrown),
    );
  }

  async #log(signal: AbortSignal): Promise<void> {
    const { signer, clock, logger, disk = nodeDisk } = this.#deps;
    try {
      const head = await signHead({ directory: this.#directory, disk, clock }, signer, signal);
      if (head === undefined || head.number === this.#logged) return;
      logger.log('info', 'signed audit trail head', { event: 'auditHead', ...head });
      this.#logged = head.number;
    } catch (thrown) {
      if (!signal.aborted) this.#failed(thrown);
    }
  }

  async #warnIfLarge(signal: AbortSignal): Promise<void> {
    const { logger, disk = nodeDisk } = this.#deps;
    try {
      const { files, bytes } = await trailSize(disk, this.#directory);
      if (bytes > LARGE_TRAIL_BYTES) logger.log('warn', 'audit trail is large', { files, bytes });
    } catch (thrown) {
      if (!signal.aborted) this.#failed(thrown);
    }
  }

  #failed(thrown: unknown): void {
    const message = 'failed to sign the head of the audit trail';
    this.#deps.logger.log('error', message, errorFields(thrown));
  }
}
