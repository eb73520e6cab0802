import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { isMissing } from '../../runtime/errno.ts';
import type { Random } from '../../runtime/random.ts';

/** Makes the directory, for this user alone, when there is none. */
export async function makePrivateDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((thrown: unknown) => {
    throw asUnwritable(thrown, path);
  });
}

/** A missing right is for a person to mend, and no passing trouble. Everything else comes back as it was. */
function asUnwritable(thrown: unknown, path: string): unknown {
  const denied =
    thrown instanceof Error &&
    'code' in thrown &&
    ['EACCES', 'EPERM', 'EROFS'].includes(String(thrown.code));
  if (!denied) return thrown;
  return new RunnerError(
    'FILE_UNWRITABLE',
    `user ${process.getuid?.() ?? ''} may not write to ${path}`,
    {
      cause: thrown,
      remedy:
        'Run the command as the user of the runner, or name places it may write to: --vault-file (secrets.vault.file) and --vault-key-file (secrets.vault.keyFile).',
    },
  );
}

/**
 * Replaces a file whole or not at all, whatever happens: a new file beside it, synced, then renamed over it, and the
 * directory synced. With `previous`, what was there before is kept under that name.
 */
export async function replaceFile(
  path: string,
  bytes: Buffer,
  random: Random,
  previous?: string,
): Promise<void> {
  const fresh = join(dirname(path), `.${basename(path)}.${random.uuid()}`);
  try {
    await writeSynced(fresh, bytes);
    if (previous !== undefined) await keepPrevious(path, previous);
    await rename(fresh, path);
    await syncDirectory(dirname(path));
  } catch (thrown) {
    await rm(fresh, { force: true });
    throw RunnerError.from(asUnwritable(thrown, dirname(path)), 'SECRET_PROVIDER_FAILED');
  }
}

async function writeSynced(path: string, bytes: Buffer): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(bytes);
  await file.sync();
}

async function keepPrevious(path: string, previous: string): Promise<void> {
  await rm(previous, { force: true });
  await link(path, previous).catch((thrown: unknown) => {
    if (!isMissing(thrown)) throw thrown;
  });
}

async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using directory = await open(path, 'r');
  await directory.sync();
}

const LOCK_WAIT_MS = 10_000;
const LOCK_POLL_MS = 20;

export interface LockOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/**
 * Runs `work` while no other process does the same for this lock file. A lock left by a process that is gone is taken
 * over. Throws STATE_LOCKED when another holds it for 10 s.
 */
export async function withLock<T>(
  lockFile: string,
  { clock, random, signal }: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const mine = `${process.pid} ${random.uuid()}`;
  const patience = clock.monotonic() + LOCK_WAIT_MS;
  while (!(await tryLock(lockFile, mine))) {
    if (clock.monotonic() > patience)
      throw new RunnerError('STATE_LOCKED', `another process is writing the vault (${lockFile})`, {
        remedy: 'Wait until it has ended; if there is none, remove that file.',
      });
    await clock.sleep(LOCK_POLL_MS, signal);
  }
  try {
    return await work();
  } finally {
    if ((await contentOf(lockFile)) === mine) await rm(lockFile, { force: true });
  }
}

async function tryLock(lockFile: string, mine: string): Promise<boolean> {
  const fresh = `${lockFile}.${mine.split(' ')[1]}`;
  await writeSynced(fresh, Buffer.from(mine)).catch((thrown: unknown) => {
    throw asUnwritable(thrown, dirname(lockFile));
  });
  try {
    await link(fresh, lockFile);
    return true;
  } catch {
    await removeStale(lockFile, `${fresh}.stale`);
    return false;
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Moves the lock aside first and looks again: if it turns out to be a fresh one, it is put back. */
async function removeStale(lockFile: string, aside: string): Promise<void> {
  const seen = await contentOf(lockFile);
  if (seen === undefined || isAlive(Number(seen.split(' ')[0]))) return;
  try {
    await rename(lockFile, aside);
    if ((await contentOf(aside)) !== seen) await link(aside, lockFile).catch(() => undefined);
    await rm(aside, { force: true });
  } catch (thrown) {
    if (!isMissing(thrown)) throw thrown;
  }
}

async function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
}
