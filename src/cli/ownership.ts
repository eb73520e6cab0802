import { statSync } from 'node:fs';
import { RunnerError } from '../runtime/errors.ts';

/**
 * Root that works on another user's state goes on as that user, so that `sudo hybrid-runner secrets set` leaves files
 * that the service can read, and root trusts nothing that the service's user wrote.
 */
export function actAsOwner(stateDir: string): void {
  if (process.getuid?.() !== 0) return;
  const owner = statSync(stateDir, { throwIfNoEntry: false });
  if (owner === undefined || owner.uid === 0) return;
  try {
    process.setgroups?.([owner.gid]);
    process.setgid?.(owner.gid);
    process.setuid?.(owner.uid);
  } catch (thrown) {
    throw new RunnerError('FILE_UNSAFE', `${stateDir} belongs to user ${owner.uid}, and this process may not become that user`, { cause: thrown, remedy: `Run this command as user ${owner.uid}.` });
  }
}
