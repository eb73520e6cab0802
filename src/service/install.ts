import { execFile } from 'node:child_process';
import { chmod, chown, lchown, lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RunnerError } from '../runtime/errors.ts';
import { systemdUnit, type UnitOptions } from './systemd.ts';

export const UNIT_FILE = '/etc/systemd/system/hybrid-runner.service';
const UNIT = 'hybrid-runner.service';
const COMMAND_TIMEOUT_MS = 120_000;

/** Runs a program of the system and gives its output. Rejects when it fails. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<string>;

/** What installing touches, handed in so that it can be tried without a system to change. */
export interface ServiceHost {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  readonly unitFile: string;
  readonly run: RunProgram;
}

export function systemHost(): ServiceHost {
  const execute = promisify(execFile);
  return {
    platform: process.platform, isRoot: process.getuid?.() === 0, unitFile: UNIT_FILE,
    run: async (program, args) => (await execute(program, [...args], { timeout: COMMAND_TIMEOUT_MS })).stdout,
  };
}

export interface InstallOptions extends UnitOptions {
  /** Files and directories that stay root's and that the service reads: configuration, policy. Missing ones are passed over. */
  readonly readable: readonly string[];
  /** Files, and directories with all that is in them, that become the service's: its vault key. Missing ones are passed over. */
  readonly owned: readonly string[];
  readonly startNow: boolean;
}

/**
 * Makes the user, hands it the state directory, writes the unit, enables and (with `startNow`) starts it. Repeating it
 * brings everything up to date. Throws SERVICE_UNSUPPORTED, SERVICE_FAILED, INPUT_INVALID.
 */
export async function installService(options: InstallOptions, host: ServiceHost): Promise<void> {
  assertSystemd(host);
  const unit = systemdUnit(options);
  await assertStateOnly(options.stateDir);
  const user = await ensureUser(options.user, host);
  await mkdir(options.stateDir, { recursive: true, mode: 0o700 });
  for (const path of [options.stateDir, ...options.owned]) await giveAll(path, user);
  for (const path of options.readable) await letRead(path, user.gid);
  await writeUnit(host.unitFile, unit);
  await step(host, 'systemctl', ['daemon-reload']);
  await step(host, 'systemctl', ['enable', UNIT]);
  if (options.startNow) await step(host, 'systemctl', ['restart', UNIT]);
}

/** Stops and disables the service and removes its unit. User, state and configuration stay. */
export async function uninstallService(host: ServiceHost): Promise<void> {
  assertSystemd(host);
  if (await exists(host.unitFile)) await step(host, 'systemctl', ['disable', '--now', UNIT]);
  await rm(host.unitFile, { force: true });
  await step(host, 'systemctl', ['daemon-reload']);
}

function assertSystemd({ platform, isRoot }: ServiceHost): void {
  if (platform !== 'linux') throw new RunnerError('SERVICE_UNSUPPORTED', `services are set up with systemd; on ${platform} that is still to come`);
  if (!isRoot) throw new RunnerError('SERVICE_FAILED', 'setting up a system service needs root', { remedy: 'Run the command again with sudo.' });
}

/** What this program writes into a state directory. */
const STATE_ENTRY = /^(?:identity|spool|connectors|settings\.json.*|vault.*|status\.sock|lock.*|\..*)$/;

/** A state directory set to `/var/lib` by mistake must not become the service's with all that is in it. */
async function assertStateOnly(stateDir: string): Promise<void> {
  const strange = (await readdir(stateDir).catch(() => [])).find((name) => !STATE_ENTRY.test(name));
  if (strange === undefined) return;
  throw new RunnerError('SERVICE_FAILED', `the state directory ${stateDir} holds ${strange}, which is not this program's`, { remedy: 'Set stateDir to a directory of its own.' });
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

async function ensureUser(name: string, host: ServiceHost): Promise<Owner> {
  return await findUser(name, host) ?? await makeUser(name, host);
}

async function findUser(name: string, host: ServiceHost): Promise<Owner | undefined> {
  const entry = await host.run('getent', ['passwd', name]).catch(() => '');
  const [, , uid, gid] = entry.trim().split(':');
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

async function makeUser(name: string, host: ServiceHost): Promise<Owner> {
  await step(host, 'useradd', ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin', name]);
  const made = await findUser(name, host);
  if (made === undefined) throw new RunnerError('SERVICE_FAILED', `the user ${name} was made and cannot be found`);
  return made;
}

/** Symbolic links are changed themselves, never followed: the directory may already belong to someone else. */
async function giveAll(path: string, owner: Owner): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  await lchown(path, owner.uid, owner.gid);
  if (!found.isDirectory()) return;
  for (const name of await readdir(path)) await giveAll(join(path, name), owner);
}

/** Root keeps it; the service's group may read it. */
async function letRead(path: string, group: number): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || found.isSymbolicLink()) return;
  await chown(path, 0, group);
  await chmod(path, found.isDirectory() ? 0o750 : 0o640);
}

async function writeUnit(path: string, text: string): Promise<void> {
  const unfinished = `${path}.new`;
  await writeFile(unfinished, text, { mode: 0o644 });
  await chmod(unfinished, 0o644);
  await rename(unfinished, path);
}

async function step(host: ServiceHost, program: string, args: readonly string[]): Promise<void> {
  try {
    await host.run(program, args);
  } catch (thrown) {
    throw new RunnerError('SERVICE_FAILED', `${program} ${args.join(' ')} failed`, { cause: thrown });
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(() => true, () => false);
}
