import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { ifPresent } from '../../../foundation/src/runtime/errno.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { isSealed, SEALED_HEAD } from '../../sealing/seal.ts';
import { ENCRYPTED_CREDENTIAL } from '../../sealing/settings.ts';
import { systemHost } from '../../service/host.ts';
import { installCredential } from './systemd-creds.ts';

/**
 * Makes the credential of systemd, unless it is there, and returns the files that it has written.
 * Throws USAGE for others than root, SEALING_KEY_MISSING if one of `files` is sealed and the key is
 * gone: another key would not open it.
 */
export async function prepareCredential(
  files: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (process.getuid?.() !== 0)
    throw new RunnerError('USAGE', 'only root can set up a credential of systemd', {
      remedy: 'Run the command again with sudo.',
    });
  if (!existsSync(ENCRYPTED_CREDENTIAL))
    for (const path of files)
      if (await startsSealed(path))
        throw new RunnerError(
          'SEALING_KEY_MISSING',
          `${path} is sealed, and ${ENCRYPTED_CREDENTIAL} does not exist`,
          {
            remedy:
              'Restore the credential from a backup. If there is none, enroll again with --replace, after deleting the sealed files.',
          },
        );
  const made = await installCredential(signal);
  const host = systemHost();
  if (made.length > 0 && host.systemdRuns) await host.run('systemctl', ['daemon-reload']);
  return made;
}

async function startsSealed(path: string): Promise<boolean> {
  await using file = await ifPresent(open(path));
  if (file === undefined) return false;
  const head = Buffer.alloc(SEALED_HEAD.length);
  await file.read(head);
  return isSealed(head);
}
