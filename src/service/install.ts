import { mkdir, readdir } from 'node:fs/promises';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { controlOf } from './control-of.ts';
import { assertRoot, type ServiceHost } from './host.ts';
import { assertReachable, assertReadable, changeOwner, makeGroupReadable } from './permissions.ts';
import type { UnitOptions } from './systemd.ts';
import { ensureUser, type Owner } from './user.ts';

/** The files and directories of a runner, apart from its state directory. */
export interface RunnerFiles {
  /**
   * Directories with this program's names: created if missing, owned by root, readable by the
   * service.
   */
  readonly directories: readonly string[];
  /**
   * Files that root owns and the service reads: configuration, policy. Missing ones are skipped.
   */
  readonly readable: readonly string[];
  /**
   * Directories that the service owns, with everything in them: that of the vault key. Created if
   * missing.
   */
  readonly ownDirectories: readonly string[];
  /** Files that the service owns: its vault and the key. Missing ones are skipped. */
  readonly owned: readonly string[];
  /** Files of the machine that the service reads and that stay unchanged: certificates. */
  readonly foreign: readonly string[];
}

export interface InstallOptions extends UnitOptions {
  readonly files: RunnerFiles;
  /**
   * Throws when something that the service needs is missing or invalid. Called before anything
   * changes, and again before the service is enabled.
   */
  readonly check: () => Promise<void>;
  readonly startNow: boolean;
}

/**
 * Creates the user, gives it the state directory, describes the service to the service manager, and
 * starts it with `startNow`. Can be repeated to update an installation. Changes nothing before all
 * checks have passed. Throws SERVICE_UNSUPPORTED, SERVICE_FAILED, INPUT_INVALID, FILE_UNREADABLE
 * and the errors of `check`.
 */
export async function installService(options: InstallOptions, host: ServiceHost): Promise<void> {
  const control = controlOf(host);
  const description = control.describe(options);
  assertRoot(host);
  control.assertUsable();
  await assertStateOnly(options.stateDir);
  await assertAccessible(options, control.hidden);
  await options.check();
  const user = await ensureUser(options.user, host);
  await handOver(options, user);
  await options.check();
  await control.register(description, options.user, options.startNow);
}

/** Entries that this program writes to a state directory. */
const STATE_ENTRY =
  /^(?:identity|spool|connectors|runs|local-runs|audit|epochs|policy|last-exit\.json|place(?:\.new)?|settings\.json.*|enrolled-.*|vault.*|status\.sock|lock.*|\..*)$/;

/**
 * Throws SERVICE_FAILED for a directory with other entries: one set to `/var/lib` by mistake must
 * not be given to the service, or removed.
 */
export async function assertStateOnly(stateDir: string): Promise<void> {
  const foreign = (await readdir(stateDir).catch(() => [])).find((name) => !STATE_ENTRY.test(name));
  if (foreign === undefined) return;
  throw new RunnerError(
    'SERVICE_FAILED',
    `the state directory ${stateDir} contains ${foreign}, which does not belong to the runner`,
    { remedy: 'Set stateDir to a separate directory.' },
  );
}

async function assertAccessible(
  {
    node,
    program,
    stateDir,
    files: { directories, readable, ownDirectories, owned, foreign },
  }: InstallOptions,
  hidden: readonly string[],
): Promise<void> {
  const places = { hidden, owned: [stateDir, ...directories, ...ownDirectories] };
  for (const path of [stateDir, ...readable, ...owned]) await assertReachable(path, places);
  for (const path of [node, program, ...foreign]) await assertReadable(path, places);
}

async function handOver({ stateDir, files }: InstallOptions, user: Owner): Promise<void> {
  for (const path of files.directories) await mkdir(path, { recursive: true, mode: 0o750 });
  for (const path of [stateDir, ...files.ownDirectories])
    await mkdir(path, { recursive: true, mode: 0o700 });
  for (const path of [stateDir, ...files.ownDirectories, ...files.owned])
    await changeOwner(path, user);
  for (const path of [...files.directories, ...files.readable])
    await makeGroupReadable(path, user.gid);
}
