import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

export const UNIT = 'hybrid-runner.service';
export const UNIT_FILE = `/etc/systemd/system/${UNIT}`;
/** The unit of a Debian or RPM package. A unit in /etc takes precedence. */
const PACKAGED_UNIT_FILE = `/usr/lib/systemd/system/${UNIT}`;
/** Of launchd, on macOS. */
const PLIST_FILE = '/Library/LaunchDaemons/hybrid-runner.plist';
/** Longer than a drain: launchctl waits for it. */
const COMMAND_TIMEOUT_MS = 600_000;
/** Exists while systemd is the init system: sd_booted(3). */
const BOOTED = '/run/systemd/system';

/** Runs a program of the system and resolves with its output. Rejects when the program fails. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<string>;

/** Everything of the machine that an installation uses, so that tests need not change one. */
export interface ServiceHost {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  readonly systemdRuns: boolean;
  readonly unitFile: string;
  readonly packagedUnitFile: string;
  readonly plistFile: string;
  readonly run: RunProgram;
}

export function systemHost(): ServiceHost {
  const execute = promisify(execFile);
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    systemdRuns: existsSync(BOOTED),
    unitFile: UNIT_FILE,
    packagedUnitFile: PACKAGED_UNIT_FILE,
    plistFile: PLIST_FILE,
    run: async (program, args) =>
      (await execute(program, [...args], { timeout: COMMAND_TIMEOUT_MS })).stdout,
  };
}

/** Throws SERVICE_UNSUPPORTED and SERVICE_FAILED. */
export function assertRoot({ platform, isRoot }: ServiceHost): void {
  if (platform !== 'linux' && platform !== 'darwin')
    throw new RunnerError(
      'SERVICE_UNSUPPORTED',
      `the service requires systemd or launchd; ${platform} is not supported`,
    );
  if (!isRoot)
    throw new RunnerError('SERVICE_FAILED', 'root privileges are required to set up the service', {
      remedy: 'Run the command again with sudo.',
    });
}

export function assertSystemd(host: ServiceHost): void {
  if (!host.systemdRuns)
    throw new RunnerError('SERVICE_UNSUPPORTED', 'systemd is not running on this machine', {
      remedy:
        'Run `hybrid-runner run` under the service manager of this machine; in a container, use the image.',
    });
}

/** Throws SERVICE_FAILED when the program fails. */
export async function step(
  host: ServiceHost,
  program: string,
  args: readonly string[],
  remedy?: string,
): Promise<void> {
  try {
    await host.run(program, args);
  } catch (thrown) {
    throw new RunnerError('SERVICE_FAILED', `${program} ${args.join(' ')} failed`, {
      cause: thrown,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
}
