import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { throwIfAborted } from '../../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { queryRunningRunner } from '../../observability/running-runner.ts';
import { assertRoot, step, systemHost, UNIT, type ServiceHost } from '../../service/host.ts';
import { readServiceState } from '../../service/state.ts';
import { exclusively } from '../../upgrade/exclusive.ts';
import { findInstallation, rootOf, type Installation } from '../../upgrade/installation.ts';
import { readRelease } from '../../upgrade/release-file.ts';
import { rejected } from '../../upgrade/signature.ts';
import {
  undoUnfinished,
  upgrade,
  type RunningRunner,
  type UpgradeDeps,
} from '../../upgrade/upgrade.ts';
import { loadSettings, requireFlag, type Invocation } from '../invocation.ts';
import { version } from '../version.ts';

const TRY_OUT_MS = 30_000;
/** There is one service on a machine, wherever its releases are. */
const LOCK = '/run/hybrid-runner-upgrade';

/** Either tells whether a newer version exists or installs one. */
export async function upgradeCommand(invocation: Invocation): Promise<void> {
  const { flags } = invocation;
  if (!flags.has('check')) return upgradeRunner(invocation, requireFlag(flags, 'archive'));
  if (flags.has('archive'))
    throw new RunnerError('USAGE', '--check and --archive cannot be combined');
  const { checkUpgrade } = await import('./upgrade-check.ts');
  return checkUpgrade(invocation);
}

/** Installs the release in an archive beside this one, and rolls back if it does not connect. */
async function upgradeRunner(invocation: Invocation, archive: string): Promise<void> {
  const { terminal } = invocation;
  const installation = findInstallation(rootOf(process.argv[1]!), version());
  const host = systemHost();
  assertRoot(host);
  assertLinux(host);
  await assertUnitFollows(installation, host);
  const { config } = await loadSettings(invocation);
  const deps = depsFor(config, host, (text) => terminal.notice(text));
  await exclusively(LOCK, async () => {
    await assertNoneUnfinished(installation, deps);
    await install(archive, installation, deps, invocation);
  });
}

/** What rolls back by itself has been tried with systemd only. */
function assertLinux({ platform }: ServiceHost): void {
  if (platform !== 'linux')
    throw new RunnerError('SERVICE_UNSUPPORTED', '`upgrade` works with systemd only', {
      remedy: 'Unpack the archive, point the link to it, then run `service install --now`.',
    });
}

async function assertNoneUnfinished(installation: Installation, deps: UpgradeDeps): Promise<void> {
  const before = await undoUnfinished(installation, deps);
  if (before !== undefined)
    throw new RunnerError(
      'UPGRADE_FAILED',
      `an earlier upgrade was interrupted; rolled back to ${before}`,
      { remedy: 'Run the command again.' },
    );
}

async function install(
  archive: string,
  installation: Installation,
  deps: UpgradeDeps,
  { terminal, interrupts }: Invocation,
): Promise<void> {
  const release = await readRelease({
    archive,
    platform: `${process.platform}-${process.arch}`,
    signers: await readSigners(installation),
    now: systemClock.now(),
  });
  const restarted = await upgrade(release, installation, deps, interrupts.signal);
  terminal.result(
    { version: release.version, previous: installation.version, restarted },
    `${release.version} is selected${restarted ? ', and the service is connected' : '; the service was not running'}. ${installation.root} can be removed.`,
  );
}

/** A unit with the path of this release would start it whatever the link selects. */
async function assertUnitFollows({ root }: Installation, { unitFile }: ServiceHost): Promise<void> {
  const unit = await readFile(unitFile, 'utf8').catch(() => '');
  if (unit.includes(`${root}/`))
    throw new RunnerError(
      'UPGRADE_UNSUPPORTED',
      `the service unit points to ${root} instead of the version link`,
      {
        remedy: 'Run `hybrid-runner service install --now` once more, then upgrade.',
      },
    );
}

/** The keys that the installed release trusts; an archive cannot bring its own. */
async function readSigners({ root }: Installation): Promise<string> {
  try {
    return await readFile(join(root, 'release-signers'), 'utf8');
  } catch (thrown) {
    throw new RunnerError('UPGRADE_UNSUPPORTED', `${root} has no file release-signers`, {
      cause: thrown,
      remedy:
        'Verify the newer archive by hand, unpack it beside this one, and point the link to it.',
    });
  }
}

function depsFor(
  config: RunnerConfig,
  host: ServiceHost,
  say: (text: string) => void,
): UpgradeDeps {
  return {
    disk: nodeDisk,
    clock: systemClock,
    drainTimeoutMs: config.drainTimeoutMs,
    running: (signal) => running(config.status.socket, signal),
    service: () => readServiceState(host),
    restart: () => step(host, 'systemctl', ['restart', '--no-block', UNIT]),
    tryOut,
    say,
  };
}

async function running(socket: string, signal: AbortSignal): Promise<RunningRunner | undefined> {
  const status = await queryRunningRunner(socket, signal);
  if (status === undefined) return undefined;
  const { version: running, pid, state } = status;
  return { version: running, pid, connected: state.name === 'connected' };
}

async function tryOut(root: string, signal: AbortSignal): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(
      join(root, 'bin/node'),
      ['--disable-sigusr1', join(root, 'bin/hybrid-runner.js'), '--version'],
      { timeout: TRY_OUT_MS, env: {}, signal },
    );
    return stdout.trim();
  } catch (thrown) {
    throwIfAborted(signal);
    throw rejected('the program in the archive does not start', thrown);
  }
}
