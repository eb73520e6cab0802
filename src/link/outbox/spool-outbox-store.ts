import type { Failure } from '../../../foundation/src/domain/failure.ts';
import { type AttemptRef, attemptKey } from '../../../foundation/src/domain/ids.ts';
import type { Job } from '../../../foundation/src/domain/job.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Disk } from '../../../foundation/src/runtime/disk.ts';
import { createAttempt, type Journal } from '../../spool/journal.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { type Processes, systemProcesses } from '../../../foundation/src/runtime/processes.ts';
import { emptySpool, type Recovered } from '../../spool/recover.ts';
import { segmentBytesFor } from '../../spool/segment.ts';
import { acquireFileLock, type FileLock } from '../../../foundation/src/runtime/file-lock.ts';
import { SpoolOutbox } from './spool-outbox.ts';
import type { OutboxStore } from './outbox.ts';
import { reopenAttempts } from './reopen.ts';
import { Listeners } from '../../../foundation/src/runtime/listeners.ts';

export interface OutboxStoreOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * The runner's identity. Undelivered attempts of another identity are deleted: they must not
   * reach this control plane.
   */
  readonly owner?: string;
  /** Workers pause when unacknowledged bytes reach 80 % of this. */
  readonly maxBytes?: number;
  readonly disk?: Disk;
  readonly processes?: Processes;
}

const DEFAULT_MAX_BYTES = 1024 * 1024 * 1024;
const PAUSE_AT = 0.8;
const RESUME_AT = 0.6;

/**
 * Locks the state directory for this process and recovers the attempts of an earlier one: workers
 * that still run are killed, torn tails are cut, damaged attempts are closed as interrupted. Throws
 * STATE_LOCKED.
 */
export async function openOutboxStore(options: OutboxStoreOptions): Promise<SpoolOutboxStore> {
  const complete = {
    maxBytes: DEFAULT_MAX_BYTES,
    disk: nodeDisk,
    processes: systemProcesses,
    owner: undefined,
    ...options,
  };
  const root = `${options.stateDir}/spool`;
  await complete.disk.makeDirectory(root);
  const lock = await lockStateDirectory(options.stateDir, complete.processes);
  const store = new SpoolOutboxStore(complete, root, lock);
  try {
    await store.recover();
    return store;
  } catch (thrown) {
    await lock.release();
    throw RunnerError.from(thrown);
  }
}

/** One process at a time changes a state directory. Throws STATE_LOCKED. */
export function lockStateDirectory(stateDir: string, processes: Processes): Promise<FileLock> {
  return acquireFileLock({ path: `${stateDir}/lock`, what: 'this state directory', processes });
}

type Options = Required<Omit<OutboxStoreOptions, 'owner'>> & { readonly owner: string | undefined };

/** The outboxes of all attempts, each a directory below `spool/` of the state directory. */
export class SpoolOutboxStore implements OutboxStore {
  readonly #options: Options;
  readonly #root: string;
  readonly #lock: FileLock;
  readonly #held = new Map<string, SpoolOutbox>();
  readonly #listeners = new Listeners<boolean>();
  #paused = false;

  constructor(options: Options, root: string, lock: FileLock) {
    this.#options = options;
    this.#root = root;
    this.#lock = lock;
  }

  held(): readonly SpoolOutbox[] {
    return [...this.#held.values()];
  }

  async create(job: Job): Promise<SpoolOutbox> {
    const known = this.#held.get(attemptKey(job.ref));
    if (known !== undefined) return known;
    if (this.#paused)
      throw new RunnerError(
        'SPOOL_FULL',
        `the spool is above its pause level: ${this.bytes} of ${this.#options.maxBytes} bytes wait for delivery`,
      );
    const { clock, owner, disk } = this.#options;
    const journal = { ref: job.ref, kind: job.kind, createdAt: clock.now(), owner };
    try {
      return this.#hold(await createAttempt(disk, this.#root, journal), journal, emptySpool);
    } catch (thrown) {
      throw RunnerError.from(thrown, 'SINK_FAILED');
    }
  }

  async closeInterrupted(ref: AttemptRef, error: Failure): Promise<void> {
    await this.outboxOf(ref).closeInterrupted(error, this.#options.clock.now());
  }

  get bytes(): number {
    return this.held().reduce((sum, outbox) => sum + outbox.bytes, 0);
  }

  /**
   * The outbox of an attempt, including its worker side. Throws INTERNAL for an unknown attempt.
   */
  outboxOf(ref: AttemptRef): SpoolOutbox {
    const outbox = this.#held.get(attemptKey(ref));
    if (outbox === undefined)
      throw new RunnerError('INTERNAL', `unknown attempt ${attemptKey(ref)}`);
    return outbox;
  }

  /** Largest size of the segments of a new attempt. */
  async segmentBytes(): Promise<number> {
    const { disk, maxBytes } = this.#options;
    return segmentBytesFor(Math.min(maxBytes, await disk.free(this.#root)));
  }

  /** Whether workers must pause because too many bytes wait for delivery. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Calls the listener when `paused` changes, until the returned function is called. */
  onPaused(listener: (paused: boolean) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Unlocks the state directory. Undelivered records stay in it. */
  async close(): Promise<void> {
    for (const outbox of this.held()) await outbox.close();
    await this.#lock.release();
  }

  /** Called once, before anything else. */
  async recover(): Promise<void> {
    await reopenAttempts(this.#root, this.#options, (...found) => this.#hold(...found));
    this.#updatePaused();
  }

  #hold(directory: string, journal: Journal, found: Recovered): SpoolOutbox {
    const key = attemptKey(journal.ref);
    const outbox = new SpoolOutbox({
      disk: this.#options.disk,
      clock: this.#options.clock,
      directory,
      journal,
      found,
      onMoved: () => this.#updatePaused(),
      onDiscarded: () => this.#forget(key),
    });
    this.#held.set(key, outbox);
    return outbox;
  }

  #forget(key: string): void {
    this.#held.delete(key);
    this.#updatePaused();
  }

  #updatePaused(): void {
    const paused = this.bytes >= this.#options.maxBytes * (this.#paused ? RESUME_AT : PAUSE_AT);
    if (paused === this.#paused) return;
    this.#paused = paused;
    this.#listeners.notify(paused);
  }
}
