import { randomUUID } from 'node:crypto';
import { link, open, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createDurably } from './atomic-write.ts';
import type { Clock } from './clock.ts';
import { removeFile } from './disk.ts';
import { isErrno, ifPresent } from './errno.ts';
import { RunnerError } from './errors.ts';
import { nodeDisk } from './node-disk.ts';
import { type ProcessIdentity, type Processes, processIdentitySchema } from './processes.ts';

/*
 * A lock is a file `<path>.N` that names its holder. It appears together with its content, so of
 * several processes that try the same number one gets it. What must never break:
 *
 * 1. A lock is taken only under the number after the highest one, whose holder has released it or
 *    is dead.
 * 2. The file of the highest number is never removed, not even by a release: numbers only grow. A
 *    process that was slow and took a number below the highest gives it back.
 */

export interface FileLock {
  release(): Promise<void>;
}

export interface FileLockOptions {
  /** Common beginning of the paths of the lock's files. */
  readonly path: string;
  /** What the lock protects, for messages: "this state directory". */
  readonly what: string;
  readonly processes: Processes;
}

const RELEASED = 'free';
const MAX_TRIES = 20;
const POLL_MS = 20;

/**
 * Takes the lock for this process, or throws STATE_LOCKED. Processes of other machines or
 * containers that share the directory are not noticed.
 */
export async function acquireFileLock(options: FileLockOptions): Promise<FileLock> {
  const { path, what, processes } = options;
  const content = JSON.stringify(await processes.identify(process.pid));
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const numbers = await lockNumbers(path);
    const highest = Math.max(0, ...numbers);
    await assertReleased(`${path}.${highest}`, options);
    const file = `${path}.${highest + 1}`;
    if (!(await createUnlessPresent(file, content))) continue;
    if (Math.max(...(await lockNumbers(path))) > highest + 1) {
      await removeFile(nodeDisk, file);
      continue;
    }
    for (const number of numbers) await removeFile(nodeDisk, `${path}.${number}`);
    await removeLeftovers(path, highest);
    return { release: () => markReleased(file) };
  }
  throw new RunnerError('STATE_LOCKED', `several processes try to lock ${what} at the same time`);
}

export interface WithFileLockOptions extends FileLockOptions {
  readonly clock: Clock;
  /** How long to wait for another holder, in milliseconds. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

/**
 * Runs `work` while this process holds the lock. Throws STATE_LOCKED when another holder keeps it
 * for `patienceMs`.
 */
export async function withFileLock<T>(
  options: WithFileLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await waitForFileLock(options);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** Like acquireFileLock, but waits for another holder. */
export async function waitForFileLock(options: WithFileLockOptions): Promise<FileLock> {
  const { clock, patienceMs, signal } = options;
  const deadline = clock.monotonic() + patienceMs;
  for (;;) {
    try {
      return await acquireFileLock(options);
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (error.code !== 'STATE_LOCKED' || clock.monotonic() > deadline) throw error;
      await clock.sleep(POLL_MS, signal);
    }
  }
}

async function lockNumbers(path: string): Promise<number[]> {
  const prefix = `${basename(path)}.`;
  const names = await readdir(dirname(path));
  return names
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .filter((rest) => /^[0-9]{1,15}$/.test(rest))
    .map(Number);
}

/** Temporary files of processes that were killed while they took a lower number. */
async function removeLeftovers(path: string, upTo: number): Promise<void> {
  const prefix = `${basename(path)}.`;
  const names = (await readdir(dirname(path))).filter((name) => name.startsWith(prefix));
  for (const name of names) {
    const number = /^(\d{1,15})\.[0-9a-f-]{36}$/.exec(name.slice(prefix.length))?.[1];
    if (number !== undefined && Number(number) <= upTo)
      await removeFile(nodeDisk, join(dirname(path), name));
  }
}

/** A lock that cannot be parsed has no holder: the machine crashed while it was written. */
async function assertReleased(file: string, { what, processes }: FileLockOptions): Promise<void> {
  const holder = parseHolder((await ifPresent(readFile(file, 'utf8'))) ?? RELEASED);
  if (holder !== undefined && (await processes.isAlive(holder)))
    throw new RunnerError('STATE_LOCKED', `process ${holder.pid} uses ${what}`);
}

/**
 * In place, because a full disk has no room for another file. Who reads it half written takes the
 * lock for released, which it is. Not synced: a crash of the machine releases every lock.
 */
async function markReleased(file: string): Promise<void> {
  const opened = await open(file, 'r+');
  try {
    await opened.write(RELEASED, 0);
    await opened.truncate(RELEASED.length);
  } finally {
    await opened.close();
  }
}

async function createUnlessPresent(file: string, content: string): Promise<boolean> {
  const temporary = unique(file);
  await createDurably(nodeDisk, temporary, content);
  try {
    await link(temporary, file);
    return true;
  } catch (thrown) {
    // The second: a holder of a higher number has removed the file.
    if (isErrno(thrown, 'EEXIST', 'ENOENT')) return false;
    throw thrown;
  } finally {
    await removeFile(nodeDisk, temporary);
  }
}

function unique(file: string): string {
  return `${file}.${randomUUID()}`;
}

function parseHolder(text: string): ProcessIdentity | undefined {
  if (text === RELEASED) return undefined;
  try {
    return processIdentitySchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
