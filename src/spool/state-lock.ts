import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, unlink } from 'node:fs/promises';
import { RunnerError } from '../runtime/errors.ts';
import { isSystemError } from './disk.ts';
import { type ProcessIdentity, type Processes, processIdentitySchema } from './processes.ts';

export interface StateLock {
  release(): Promise<void>;
}

/**
 * One process a state directory. The lock is a file that names its holder and appears with its content in one step;
 * the lock of a process that is no more is taken over. Processes of other machines or containers that share the
 * directory are not seen. Throws STATE_LOCKED.
 */
export async function lockState(directory: string, processes: Processes): Promise<StateLock> {
  const path = `${directory}/lock`;
  const content = JSON.stringify(await processes.identify(process.pid));
  for (let tries = 0; tries < 5; tries++) {
    if (await appear(path, content)) return { release: () => giveUp(path, content) };
    const found = await readIfThere(path);
    if (found === undefined) continue;
    const holder = parseHolder(found);
    if (holder !== undefined && (await processes.isAlive(holder))) throw lockedBy(holder);
    await takeAway(path, found);
  }
  throw new RunnerError('STATE_LOCKED', `several processes want ${path}`);
}

/** False when there is a lock already. */
async function appear(path: string, content: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
    await link(temporary, path);
    return true;
  } catch (thrown) {
    if (isSystemError(thrown, 'EEXIST')) return false;
    throw thrown;
  } finally {
    await file.close();
    await unlink(temporary);
  }
}

/** Removes a dead process's lock; puts back what it took if that was not the one it had read. */
async function takeAway(path: string, expected: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (thrown) {
    if (isSystemError(thrown, 'ENOENT')) return;
    throw thrown;
  }
  try {
    if ((await readFile(aside, 'utf8')) !== expected) await link(aside, path);
  } finally {
    await unlink(aside);
  }
}

async function giveUp(path: string, content: string): Promise<void> {
  if ((await readIfThere(path)) === content) await unlink(path);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (isSystemError(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}

function parseHolder(text: string): ProcessIdentity | undefined {
  try {
    return processIdentitySchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function lockedBy(holder: ProcessIdentity): RunnerError {
  return new RunnerError('STATE_LOCKED', `process ${holder.pid} uses this state directory`);
}
