import { accessSync, constants, statSync } from 'node:fs';
import { RunnerError } from '../runtime/errors.ts';
import { isMissing } from '../runtime/errno.ts';

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
    throw new RunnerError(
      'FILE_UNSAFE',
      `${stateDir} belongs to user ${owner.uid}, and this process may not become that user`,
      { cause: thrown, remedy: `Run this command as user ${owner.uid}.` },
    );
  }
}

/** For after `actAsOwner`: what root has read, the service's user must be able to read too. Throws FILE_UNREADABLE; a missing file is fine. */
export function assertConfigReadable(configFile: string): void {
  try {
    accessSync(configFile, constants.R_OK);
  } catch (thrown) {
    if (isMissing(thrown)) return;
    throw new RunnerError(
      'FILE_UNREADABLE',
      `${configFile} cannot be read by user ${process.getuid?.()}`,
      {
        cause: thrown,
        remedy:
          'Run `sudo hybrid-runner service install` again: it lets the service read its configuration and nobody else.',
      },
    );
  }
}
