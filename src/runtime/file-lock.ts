import { randomUUID } from 'node:crypto';
import { link, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { isErrno } from './errno.ts';
import { RunnerError } from './errors.ts';
import { type ProcessIdentity, type Processes, processIdentitySchema } from './processes.ts';

/*
 * One process a state directory. A lock is a file `lock.N` that names its holder and appears with its content in one
 * step, so of several processes that want the same number one gets it. What must never break:
 *
 * 1. A lock is taken only under the number after the highest there is, whose holder has let go or is dead.
 * 2. The file of the highest number is never removed, also not by letting go: numbers only grow, so that nobody who
 *    looked before can take a number again.
 */

export interface StateLock {
  release(): Promise<void>;
}

const FREE = 'free';
const MAX_TRIES = 20;

/**
 * Takes the directory for this process. Processes of other machines or containers that share the directory are not
 * seen. Throws STATE_LOCKED.
 */
export async function lockState(directory: string, processes: Processes): Promise<StateLock> {
  const content = JSON.stringify(await processes.identify(process.pid));
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const numbers = await lockNumbers(directory);
    const highest = Math.max(0, ...numbers);
    await assertFree(lockPath(directory, highest), processes);
    const path = lockPath(directory, highest + 1);
    if (!(await appear(path, content))) continue;
    for (const number of numbers) await removeIfThere(lockPath(directory, number));
    return { release: () => replace(path, FREE) };
  }
  throw new RunnerError('STATE_LOCKED', `several processes want ${directory}`);
}

function lockPath(directory: string, number: number): string {
  return `${directory}/lock.${number}`;
}

async function lockNumbers(directory: string): Promise<number[]> {
  const names = await readdir(directory);
  return names
    .filter((name) => /^lock\.[0-9]{1,15}$/.test(name))
    .map((name) => Number(name.slice('lock.'.length)));
}

/** A lock that cannot be read names nobody: it was written before a crash of the machine. */
async function assertFree(path: string, processes: Processes): Promise<void> {
  const holder = parseHolder(await readIfThere(path));
  if (holder !== undefined && (await processes.isAlive(holder)))
    throw new RunnerError('STATE_LOCKED', `process ${holder.pid} uses this state directory`);
}

/** False when that number is taken. */
async function appear(path: string, content: string): Promise<boolean> {
  const temporary = await writeTemporary(path, content);
  try {
    await link(temporary, path);
    return true;
  } catch (thrown) {
    if (isErrno(thrown, 'EEXIST')) return false;
    throw thrown;
  } finally {
    await unlink(temporary);
  }
}

async function replace(path: string, content: string): Promise<void> {
  await rename(await writeTemporary(path, content), path);
}

async function writeTemporary(path: string, content: string): Promise<string> {
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  return temporary;
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return FREE;
    throw thrown;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (thrown) {
    if (!isErrno(thrown, 'ENOENT')) throw thrown;
  }
}

function parseHolder(text: string): ProcessIdentity | undefined {
  if (text === FREE) return undefined;
  try {
    return processIdentitySchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
