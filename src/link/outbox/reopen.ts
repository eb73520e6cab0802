import { attemptKey, isAttemptKey } from '../../../foundation/src/domain/ids.ts';
import { errorFields } from '../../../foundation/src/runtime/error-fields.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../../foundation/src/runtime/disk.ts';
import { isErrno } from '../../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Processes } from '../../../foundation/src/runtime/processes.ts';
import { type Journal, readJournal, removeAttempt } from '../../spool/journal.ts';
import { recover, type Recovered } from '../../spool/recover.ts';
import type { SpoolOutbox } from './spool-outbox.ts';

const ORPHAN_MS = 5_000;
const ORPHAN_CHECK_MS = 50;

export interface ReopenDeps {
  readonly disk: Disk;
  readonly processes: Processes;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The runner's identity. Attempts of another identity are deleted. */
  readonly owner: string | undefined;
}

type Hold = (directory: string, journal: Journal, found: Recovered) => SpoolOutbox;

/**
 * Recovers every attempt that an earlier process left below `root`, and calls `hold` for each.
 * Throws STATE_LOCKED.
 */
export async function reopenAttempts(root: string, deps: ReopenDeps, hold: Hold): Promise<void> {
  for (const name of await deps.disk.list(root)) {
    if (isAttemptKey(name)) await reopen(`${root}/${name}`, deps, hold);
    else logIgnored(`${root}/${name}`, deps);
  }
}

function logIgnored(path: string, { logger }: ReopenDeps): void {
  logger.log('warn', 'ignoring a file in the spool directory that is not an attempt', { path });
}

async function reopen(directory: string, deps: ReopenDeps, hold: Hold): Promise<void> {
  const { disk } = deps;
  try {
    const journal = await readJournal(disk, directory);
    if (journal === undefined) return await clear(directory, deps);
    await endOrphan(journal, deps);
    if (isForeign(journal, deps)) {
      deps.logger.log('warn', 'deleting attempt of an earlier identity of this runner', {
        directory,
        owner: journal.owner,
      });
      return await clear(directory, deps);
    }
    hold(directory, journal, await recover(disk, directory));
  } catch (thrown) {
    if (isErrno(thrown, 'ENOTDIR')) return logIgnored(directory, deps);
    const error = RunnerError.from(thrown);
    deps.logger.log('error', 'failed to recover attempt', {
      directory,
      ...errorFields(error),
    });
    if (error.code !== 'SPOOL_CORRUPT') throw error;
    await salvage(directory, error, deps, hold);
  }
}

function isForeign(journal: Journal, { owner }: ReopenDeps): boolean {
  return owner !== undefined && journal.owner !== undefined && journal.owner !== owner;
}

/** The deletion is not awaited, so a failure is only logged; the next start retries. */
async function clear(directory: string, deps: ReopenDeps): Promise<void> {
  try {
    await removeAttempt(deps.disk, directory);
  } catch (thrown) {
    if (isErrno(thrown, 'ENOTDIR')) return logIgnored(directory, deps);
    deps.logger.log('warn', 'failed to delete unwanted attempt', {
      directory,
      ...errorFields(thrown),
    });
  }
}

/**
 * Closes a damaged attempt as interrupted. A directory without a readable journal is left for a
 * person to inspect.
 */
async function salvage(
  directory: string,
  error: RunnerError,
  { disk, clock, logger }: ReopenDeps,
  hold: Hold,
): Promise<void> {
  const journal = await readJournal(disk, directory).catch(() => undefined);
  if (journal === undefined) return;
  const outbox = hold(directory, journal, await recover(disk, directory, { salvage: true }));
  outbox.noteDamage(error.toFailure());
  try {
    await outbox.closeInterrupted(error.toFailure(), clock.now());
  } catch (thrown) {
    // Without room for the outcome now, the link tries again.
    logger.log('error', 'failed to write the outcome of a damaged attempt', {
      directory,
      ...errorFields(thrown),
    });
  }
}

/** Kills a worker that outlived its runner, so that no process writes to the directory. */
async function endOrphan({ worker, ref }: Journal, deps: ReopenDeps): Promise<void> {
  const { processes, clock, logger } = deps;
  if (worker?.started === undefined || !(await processes.isAlive(worker))) return;
  logger.log('warn', 'killing orphaned worker', { pid: worker.pid, attempt: attemptKey(ref) });
  const until = clock.monotonic() + ORPHAN_MS;
  do {
    await processes.kill(worker);
    if (clock.monotonic() > until)
      throw new RunnerError(
        'STATE_LOCKED',
        `worker process ${worker.pid} still writes to this state directory`,
      );
    await clock.sleep(ORPHAN_CHECK_MS, NEVER);
  } while (await processes.isAlive(worker));
}
