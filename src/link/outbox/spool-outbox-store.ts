import type { Failure } from '../../domain/failure.ts';
import { type AttemptRef, attemptKey, isAttemptKey } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Clock } from '../../runtime/clock.ts';
import { isErrno } from '../../runtime/errno.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Disk } from '../../runtime/disk.ts';
import { createAttempt, type Journal, readJournal, removeAttempt } from '../../spool/journal.ts';
import { nodeDisk } from '../../runtime/node-disk.ts';
import { type Processes, systemProcesses } from '../../runtime/processes.ts';
import { emptySpool, recover, type Recovered } from '../../spool/recover.ts';
import { segmentBytesFor } from '../../spool/segment.ts';
import { acquireFileLock, type FileLock } from '../../runtime/file-lock.ts';
import { SpoolOutbox } from './spool-outbox.ts';
import type { OutboxStore } from './outbox.ts';

export interface OutboxStoreOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The runner's identity. What another one left undelivered is deleted: it may not go to this one's control plane. */
  readonly owner?: string;
  /** Workers pause at 80 % of this many unacknowledged bytes. */
  readonly maxBytes?: number;
  readonly disk?: Disk;
  readonly processes?: Processes;
}

const DEFAULT_MAX_BYTES = 1024 * 1024 * 1024;
const PAUSE_AT = 0.8;
const RESUME_AT = 0.6;
const ORPHAN_MS = 5000;

const never = new AbortController().signal;

/**
 * Takes the state directory for this process and finds what an earlier one left: workers that still run are killed,
 * torn tails cut, damaged attempts closed as interrupted. Throws STATE_LOCKED.
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
  const lock = await acquireFileLock({
    path: `${options.stateDir}/lock`,
    what: 'this state directory',
    processes: complete.processes,
  });
  const store = new SpoolOutboxStore(complete, root, lock);
  try {
    await store.recover();
    return store;
  } catch (thrown) {
    await lock.release();
    throw RunnerError.from(thrown);
  }
}

type Options = Required<Omit<OutboxStoreOptions, 'owner'>> & { readonly owner: string | undefined };

export class SpoolOutboxStore implements OutboxStore {
  readonly #options: Options;
  readonly #root: string;
  readonly #lock: FileLock;
  readonly #held = new Map<string, SpoolOutbox>();
  readonly #listeners = new Set<(paused: boolean) => void>();
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
      throw new RunnerError('SPOOL_FULL', `${this.bytes()} bytes wait to be delivered`);
    const { clock, owner, disk } = this.#options;
    const journal = { ref: job.ref, kind: job.kind, createdAt: clock.now(), owner };
    try {
      return this.#hold(await createAttempt(disk, this.#root, journal), journal, emptySpool);
    } catch (thrown) {
      throw RunnerError.from(thrown, 'SINK_FAILED');
    }
  }

  async closeInterrupted(ref: AttemptRef, error: Failure): Promise<void> {
    await this.spoolOf(ref).closeInterrupted(error, this.#options.clock.now());
  }

  bytes(): number {
    return this.held().reduce((sum, outbox) => sum + outbox.bytes, 0);
  }

  /** The attempt's outbox with the side that the worker writes to. Throws INTERNAL for an attempt that is not held. */
  spoolOf(ref: AttemptRef): SpoolOutbox {
    const outbox = this.#held.get(attemptKey(ref));
    if (outbox === undefined)
      throw new RunnerError('INTERNAL', `attempt ${attemptKey(ref)} is not held`);
    return outbox;
  }

  /** How large the segments of a new attempt may grow. */
  async segmentBytes(): Promise<number> {
    const { disk, maxBytes } = this.#options;
    return segmentBytesFor(Math.min(maxBytes, await disk.free(this.#root)));
  }

  /** Whether workers are to pause because too much waits to be delivered. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Calls the listener when `paused` changes, until the returned function is called. */
  onPaused(listener: (paused: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Gives the state directory back. What was not delivered stays in it. */
  async close(): Promise<void> {
    for (const outbox of this.held()) await outbox.close();
    await this.#lock.release();
  }

  /** Called once, before anything else. */
  async recover(): Promise<void> {
    for (const name of await this.#options.disk.list(this.#root)) {
      if (isAttemptKey(name)) await this.#reopen(`${this.#root}/${name}`);
      else this.#leaveAlone(`${this.#root}/${name}`);
    }
    this.#weigh();
  }

  #leaveAlone(path: string): void {
    this.#options.logger.log(
      'warn',
      'ignoring a file in the spool directory that is not an attempt',
      { path },
    );
  }

  async #reopen(directory: string): Promise<void> {
    const { disk, logger, owner } = this.#options;
    try {
      const journal = await readJournal(disk, directory);
      if (journal === undefined) return await this.#clear(directory);
      await this.#endOrphan(journal);
      if (owner !== undefined && journal.owner !== undefined && journal.owner !== owner) {
        logger.log('warn', 'deleting an attempt of an earlier identity of this runner', {
          directory,
          owner: journal.owner,
        });
        return await this.#clear(directory);
      }
      this.#hold(directory, journal, await recover(disk, directory));
    } catch (thrown) {
      if (isErrno(thrown, 'ENOTDIR')) return this.#leaveAlone(directory);
      const error = RunnerError.from(thrown);
      logger.log('error', 'an attempt on disk is damaged', {
        directory,
        code: error.code,
        reason: error.message,
      });
      if (error.code !== 'SPOOL_CORRUPT') throw error;
      await this.#salvage(directory, error);
    }
  }

  /** Nobody waits for what is deleted here, so a failure is for the log; the next start tries again. */
  async #clear(directory: string): Promise<void> {
    try {
      await removeAttempt(this.#options.disk, directory);
    } catch (thrown) {
      if (isErrno(thrown, 'ENOTDIR')) return this.#leaveAlone(directory);
      this.#options.logger.log('warn', 'failed to delete an attempt that is not wanted', {
        directory,
        error: String(RunnerError.from(thrown)),
      });
    }
  }

  /** A directory whose journal cannot be read belongs to nobody; it stays as it is, for a person to look at. */
  async #salvage(directory: string, error: RunnerError): Promise<void> {
    const { disk } = this.#options;
    const journal = await readJournal(disk, directory).catch(() => undefined);
    if (journal === undefined) return;
    const outbox = this.#hold(
      directory,
      journal,
      await recover(disk, directory, { salvage: true }),
    );
    outbox.noteDamage(error.toFailure());
    // Without room for the outcome now, the link tries again.
    await outbox
      .closeInterrupted(error.toFailure(), this.#options.clock.now())
      .catch((thrown: unknown) => {
        this.#options.logger.log('error', 'failed to write the outcome of a damaged attempt', {
          directory,
          error: String(RunnerError.from(thrown)),
        });
      });
  }

  async #endOrphan({ worker, ref }: Journal): Promise<void> {
    const { processes, clock, logger } = this.#options;
    if (worker === undefined) return;
    const until = clock.monotonic() + ORPHAN_MS;
    while (worker.started !== undefined && (await processes.isAlive(worker))) {
      logger.log('warn', 'ending a worker that outlived its runner', {
        pid: worker.pid,
        attempt: attemptKey(ref),
      });
      await processes.kill(worker);
      if (clock.monotonic() > until)
        throw new RunnerError(
          'STATE_LOCKED',
          `worker process ${worker.pid} still writes to this state directory`,
        );
      await clock.sleep(50, never);
    }
  }

  #hold(directory: string, journal: Journal, found: Recovered): SpoolOutbox {
    const key = attemptKey(journal.ref);
    const outbox = new SpoolOutbox({
      disk: this.#options.disk,
      directory,
      journal,
      found,
      onMoved: () => this.#weigh(),
      onDiscarded: () => this.#forget(key),
    });
    this.#held.set(key, outbox);
    return outbox;
  }

  #forget(key: string): void {
    this.#held.delete(key);
    this.#weigh();
  }

  #weigh(): void {
    const paused = this.bytes() >= this.#options.maxBytes * (this.#paused ? RESUME_AT : PAUSE_AT);
    if (paused === this.#paused) return;
    this.#paused = paused;
    for (const listener of this.#listeners) listener(paused);
  }
}
