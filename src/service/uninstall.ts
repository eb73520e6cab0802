import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RunnerError } from '../runtime/errors.ts';
import { assertRoot, step, UNIT, type ServiceHost } from './host.ts';
import { assertStateOnly, type Belongings } from './install.ts';
import { formatArgs } from './systemd.ts';
import { removeUser } from './user.ts';

export interface PurgeOptions {
  readonly stateDir: string;
  readonly belongings: Belongings;
  /** Removed when `service install` made it. An installed unit that names another user wins. */
  readonly user: string;
  /** What the installed unit would run with these settings; a unit that runs with others has its files elsewhere. */
  readonly args: readonly string[];
}

/**
 * Stops and disables the service and removes its unit. User, state and configuration stay; with `purge` they go too, and
 * drop-ins with them. Works where systemd does not run. Changes nothing if a check fails. Throws SERVICE_UNSUPPORTED and SERVICE_FAILED.
 */
export async function uninstallService(host: ServiceHost, purge?: PurgeOptions): Promise<void> {
  assertRoot(host);
  const unit = await readFile(host.unitFile, 'utf8').catch(() => undefined);
  if (purge !== undefined) {
    await assertStateOnly(purge.stateDir);
    if (unit !== undefined) assertSameFiles(unit, purge.args);
  }
  await stop(host, unit !== undefined);
  await removeUnit(host, purge !== undefined);
  if (purge !== undefined) await removeFiles(purge);
  if (purge !== undefined) await removeUser(userOf(unit) ?? purge.user, host);
}

function assertSameFiles(unit: string, args: readonly string[]): void {
  const start = /^ExecStart=.* run ?(?<args>.*)$/m.exec(unit)?.groups?.['args'] ?? '';
  if (start === formatArgs(args)) return;
  throw new RunnerError(
    'SERVICE_FAILED',
    'the installed service runs with other settings than this command, so its files are not those that would be removed',
    { remedy: `Give the command the same settings: ${start}` },
  );
}

function userOf(unit: string | undefined): string | undefined {
  return /^User=(?<name>.+)$/m.exec(unit ?? '')?.groups?.['name'];
}

/** Also a service whose unit file is gone, which systemd would run on. */
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
  // A unit that failed stays listed after its file is gone; one that did not is unknown by now.
  await host.run('systemctl', ['reset-failed', UNIT]).catch(() => undefined);
}

async function removeFiles({
  stateDir,
  belongings: { directories, ownDirectories, owned },
}: PurgeOptions): Promise<void> {
  for (const path of [...owned, ...ownDirectories, stateDir, ...directories])
    await rm(path, { recursive: true, force: true });
}
