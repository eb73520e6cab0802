import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { assertRoot, step, UNIT, type ServiceHost } from './host.ts';
import { assertStateOnly, type RunnerFiles } from './install.ts';
import { LABEL, PLIST_FILE } from './launchd.ts';
import { formatArgs } from './systemd.ts';
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
 * Stops and disables the service and removes its unit, but not that of a package. Keeps user, state
 * and configuration; with `purge` it removes them and the drop-ins. Works without a running
 * systemd. Changes nothing if a check fails. Throws SERVICE_UNSUPPORTED and SERVICE_FAILED.
 */
export async function uninstallService(host: ServiceHost, purge?: PurgeOptions): Promise<void> {
  assertRoot(host, `Run sudo launchctl bootout system/${LABEL}, then remove ${PLIST_FILE}`);
  const unit = await readFile(host.unitFile, 'utf8').catch(() => undefined);
  if (purge !== undefined) {
    await assertStateOnly(purge.stateDir);
    if (unit !== undefined) assertSameFiles(unit, purge.args);
  }
  await stop(host, unit !== undefined || existsSync(host.packagedUnitFile));
  await removeUnit(host, purge !== undefined);
  if (purge !== undefined) await removeFiles(purge);
  if (purge !== undefined) await removeUser(userOf(unit) ?? purge.user, host);
}

function assertSameFiles(unit: string, args: readonly string[]): void {
  const start = /^ExecStart=.*? run(?: (?<args>.*))?$/m.exec(unit)?.groups?.['args'] ?? '';
  if (start === formatArgs(args)) return;
  throw new RunnerError(
    'SERVICE_FAILED',
    'the service was installed with different settings; this command would remove other files',
    { remedy: `Repeat the command with the settings of the service: ${start}` },
  );
}

function userOf(unit: string | undefined): string | undefined {
  return /^User=(?<name>.+)$/m.exec(unit ?? '')?.groups?.['name'];
}

/** Also stops a service whose unit file is gone: systemd would keep it running. */
async function stop(host: ServiceHost, hasUnit: boolean): Promise<void> {
  if (!host.systemdRuns) return;
  const state = await host
    .run('systemctl', ['show', '--property=LoadState', '--value', UNIT])
    .catch(() => '');
  if (hasUnit) await step(host, 'systemctl', ['disable', '--now', UNIT]);
  else if (state.trim() !== 'not-found') await step(host, 'systemctl', ['stop', UNIT]);
}

async function removeUnit(host: ServiceHost, dropIns: boolean): Promise<void> {
  const units = dirname(host.unitFile);
  await rm(host.unitFile, { force: true });
  await rm(join(units, 'multi-user.target.wants', UNIT), { force: true });
  if (dropIns) {
    for (const directory of [units, `${units}.control`])
      await rm(join(directory, `${UNIT}.d`), { recursive: true, force: true });
  }
  if (!host.systemdRuns) return;
  await step(host, 'systemctl', ['daemon-reload']);
  // A failed unit stays listed after its file is gone; any other is unknown by now.
  await host.run('systemctl', ['reset-failed', UNIT]).catch(() => undefined);
}

async function removeFiles({
  stateDir,
  files: { directories, ownDirectories, owned },
}: PurgeOptions): Promise<void> {
  for (const path of [...owned, ...ownDirectories, stateDir, ...directories])
    await rm(path, { recursive: true, force: true });
}
