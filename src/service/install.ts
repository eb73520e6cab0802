import { chmod, mkdir, readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { replaceFile } from '../runtime/atomic-write.ts';
import { RunnerError } from '../runtime/errors.ts';
import { nodeDisk } from '../runtime/node-disk.ts';
import { assertRoot, assertSystemd, step, UNIT, type ServiceHost } from './host.ts';
import { assertReachable, assertReadable, giveAll, letRead } from './permissions.ts';
import { systemdUnit, type UnitOptions } from './systemd.ts';
import { ensureUser, type Owner } from './user.ts';

/** The files and directories of a runner beside its state directory. */
export interface Belongings {
  /** Directories that are this program's by name: made when they are missing, root's, readable by the service. */
  readonly directories: readonly string[];
  /** Files that stay root's and that the service reads: configuration, policy. Missing ones are passed over. */
  readonly readable: readonly string[];
  /** Directories that are made when they are missing and become the service's with all that is in them: those of its vault key. */
  readonly ownDirectories: readonly string[];
  /** Files that become the service's: its vault and the key. Missing ones are passed over. */
  readonly owned: readonly string[];
  /** Files of the machine that the service reads and that are left as they are: certificates. */
  readonly foreign: readonly string[];
}

export interface InstallOptions extends UnitOptions {
  readonly belongings: Belongings;
  /** Throws when something that the service needs is missing or cannot be used. Called before anything is changed and again, when all is in place, before the service is enabled. */
  readonly check: () => Promise<void>;
  readonly startNow: boolean;
}

/**
 * Makes the user, hands it the state directory, writes the unit, enables and (with `startNow`) starts it. Repeating it
 * brings everything up to date. Changes nothing before all checks have passed. Throws SERVICE_UNSUPPORTED, SERVICE_FAILED,
 * INPUT_INVALID, FILE_UNREADABLE and what `check` throws.
 */
export async function installService(options: InstallOptions, host: ServiceHost): Promise<void> {
  const unit = systemdUnit(options);
  assertRoot(host);
  assertSystemd(host);
  await assertStateOnly(options.stateDir);
  await assertAccessible(options);
  await options.check();
  const user = await ensureUser(options.user, host);
  await handOver(options, user);
  await options.check();
  await writeUnit(host.unitFile, unit);
  await step(host, 'systemctl', ['daemon-reload']);
  await step(host, 'systemctl', ['enable', UNIT]);
  if (options.startNow)
    await step(
      host,
      'systemctl',
      ['restart', UNIT],
      `See why with: journalctl --unit ${UNIT} --lines 20`,
    );
}

/** What this program writes into a state directory. */
const STATE_ENTRY =
  /^(?:identity|spool|connectors|last-exit\.json|settings\.json.*|enrolled-.*|vault.*|status\.sock|lock.*|\..*)$/;

/** A state directory set to `/var/lib` by mistake must not become the service's, or be removed, with all that is in it. Throws SERVICE_FAILED. */
export async function assertStateOnly(stateDir: string): Promise<void> {
  const strange = (await readdir(stateDir).catch(() => [])).find((name) => !STATE_ENTRY.test(name));
  if (strange === undefined) return;
  throw new RunnerError(
    'SERVICE_FAILED',
    `the state directory ${stateDir} holds ${strange}, which is not this program's`,
    { remedy: 'Set stateDir to a directory of its own.' },
  );
}

async function assertAccessible({
  node,
  program,
  stateDir,
  belongings: { directories, readable, ownDirectories, owned, foreign },
}: InstallOptions): Promise<void> {
  const given = [stateDir, ...directories, ...ownDirectories];
  for (const path of [stateDir, ...readable, ...owned]) await assertReachable(path, given);
  for (const path of [node, program, ...foreign]) await assertReadable(path, given);
}

async function handOver({ stateDir, belongings }: InstallOptions, user: Owner): Promise<void> {
  for (const path of belongings.directories) await mkdir(path, { recursive: true, mode: 0o750 });
  for (const path of [stateDir, ...belongings.ownDirectories])
    await mkdir(path, { recursive: true, mode: 0o700 });
  for (const path of [stateDir, ...belongings.ownDirectories, ...belongings.owned])
    await giveAll(path, user);
  for (const path of [...belongings.directories, ...belongings.readable])
    await letRead(path, user.gid);
}

async function writeUnit(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(nodeDisk, path, text, {
    beforeRename: (temporary) => chmod(temporary, 0o644),
  });
}
