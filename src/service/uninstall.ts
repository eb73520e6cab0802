import { rm } from 'node:fs/promises';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { controlOf } from './control-of.ts';
import { assertRoot, type ServiceHost } from './host.ts';
import { assertStateOnly, type RunnerFiles } from './install.ts';
import { removeUser } from './user.ts';

export interface PurgeOptions {
  readonly stateDir: string;
  readonly files: RunnerFiles;
  /** Removed if `service install` created it. The user of an installed unit takes precedence. */
  readonly user: string;
  /**
   * Arguments of an installed unit with these settings; a unit with other arguments has its files
   * elsewhere.
   */
  readonly args: readonly string[];
}

/**
 * Stops the service and removes its description, but not that of a package. Keeps user, state and
 * configuration; with `purge` it removes them too, and what others have added to the description.
 * Changes nothing if a check fails. Throws SERVICE_UNSUPPORTED and SERVICE_FAILED.
 */
export async function uninstallService(host: ServiceHost, purge?: PurgeOptions): Promise<void> {
  assertRoot(host);
  const control = controlOf(host);
  const installed = await control.installed();
  if (purge !== undefined) {
    await assertStateOnly(purge.stateDir);
    if (installed !== undefined) assertSameFiles(installed.args, control.formatArgs(purge));
  }
  await control.unregister(purge !== undefined);
  if (purge !== undefined) await removeFiles(purge);
  if (purge !== undefined) await removeUser(installed?.user ?? purge.user, host);
}

function assertSameFiles(installed: string, args: string): void {
  if (installed === args) return;
  throw new RunnerError(
    'SERVICE_FAILED',
    'the service was installed with different settings; this command would remove other files',
    { remedy: `Repeat the command with the settings of the service: ${installed}` },
  );
}

async function removeFiles({
  stateDir,
  files: { directories, ownDirectories, owned },
}: PurgeOptions): Promise<void> {
  for (const path of [...owned, ...ownDirectories, stateDir, ...directories])
    await rm(path, { recursive: true, force: true });
}
