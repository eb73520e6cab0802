/*
 * An upgrade in stages: verify, install beside, try out, switch, restart, wait. What must never
 * break: until the switch, the installed release is untouched; after it, every way out but success
 * leads back to that release.
 */
import { basename } from 'node:path';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { Installation } from './installation.ts';
import type { Release } from './release-file.ts';
import { refused } from './signature.ts';
import { endUpgrade, markUpgrade, pointTo, unfinishedUpgrade } from './switch.ts';
import { unpack } from './unpack.ts';
import { isNewer } from './version-order.ts';

const POLL_MS = 1_000;
/** How long a new release may take to connect, once the old process has ended. */
const CONNECT_MS = 120_000;
/** Beyond the time for draining, until the old process must have ended. */
const STOP_MARGIN_MS = 60_000;

export interface RunningRunner {
  readonly version: string;
  readonly pid: number;
  readonly connected: boolean;
}

export interface UpgradeDeps {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly drainTimeoutMs: number;
  /** Undefined while no runner answers. */
  readonly running: (signal: AbortSignal) => Promise<RunningRunner | undefined>;
  /** Begins a restart of the service; the old process drains first. */
  readonly restart: () => Promise<void>;
  /** The version that the program in this directory reports. */
  readonly tryOut: (root: string) => Promise<string>;
  readonly say: (text: string) => void;
}

/**
 * Installs a release and selects it. Resolves with whether a running service was restarted. Throws
 * UPGRADE_REFUSED before the switch, UPGRADE_FAILED after it has gone back.
 */
export async function upgrade(
  release: Release,
  installation: Installation,
  deps: UpgradeDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const { parent, link, version: current } = installation;
  if (!isNewer(release.version, current))
    throw refused(`${release.version} is not newer than the installed ${current}`).with({
      remedy:
        'To go back, point the link to the directory of the older release and restart the service.',
    });
  const before = await deps.running(signal);
  if (before?.connected === false)
    throw refused(
      'the service is not connected now, so nothing would tell whether the new one works',
    ).with({ remedy: 'Run `hybrid-runner doctor`, and upgrade once the service is connected.' });
  deps.say(`Installing ${release.version} beside ${current} in ${parent}`);
  const root = await unpack(release, parent, deps.disk);
  const reported = await deps.tryOut(root);
  if (reported !== release.version)
    throw refused(`the program in the archive does not start, or is another version: ${reported}`);
  signal.throwIfAborted();
  await markUpgrade(parent, basename(installation.root), deps.disk);
  await pointTo(link, release.name, deps.disk);
  try {
    if (before !== undefined) await restartInto(release.version, before, deps, signal);
  } catch (thrown) {
    await goBack(installation, basename(installation.root), deps);
    const error = RunnerError.from(thrown);
    throw new RunnerError(
      'UPGRADE_FAILED',
      `${release.version} did not prove itself, ${current} is selected again: ${error.message}`,
      { cause: error },
    );
  }
  await endUpgrade(parent);
  return before !== undefined;
}

/** Goes back to the release before an upgrade that was killed. Returns its name, if any. */
export async function undoUnfinished(
  installation: Installation,
  deps: UpgradeDeps,
): Promise<string | undefined> {
  const name = await unfinishedUpgrade(installation.parent);
  if (name !== undefined) await goBack(installation, name, deps);
  return name;
}

async function goBack(
  { parent, link }: Installation,
  name: string,
  { disk, restart, say }: UpgradeDeps,
): Promise<void> {
  say(`Going back to ${name}`);
  await pointTo(link, name, disk);
  await restart();
  await endUpgrade(parent);
}

async function restartInto(
  version: string,
  before: RunningRunner,
  deps: UpgradeDeps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, say, drainTimeoutMs } = deps;
  say(
    `Restarting the service; running attempts have ${Math.ceil(drainTimeoutMs / 1000)} s to finish`,
  );
  await deps.restart();
  const stopBy = clock.monotonic() + drainTimeoutMs + STOP_MARGIN_MS;
  let connectBy: number | undefined;
  for (;;) {
    const now = await deps.running(signal);
    if (now?.version === version && now.connected) return;
    if (now?.pid !== before.pid && connectBy === undefined) {
      connectBy = clock.monotonic() + CONNECT_MS;
      say(`Waiting until ${version} is connected, for two minutes at most`);
    }
    if (clock.monotonic() >= (connectBy ?? stopBy))
      throw new RunnerError(
        'DEADLINE_EXCEEDED',
        connectBy === undefined
          ? 'the old process did not end'
          : 'it was not connected within two minutes',
      );
    await clock.sleep(POLL_MS, signal);
  }
}
