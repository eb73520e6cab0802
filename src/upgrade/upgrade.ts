/*
 * An upgrade in stages: verify, install beside, try out, switch, restart, wait. What must never
 * break:
 *
 * 1. Until the switch, the installed release is untouched; after it, every way out but success
 *    leads back to that release.
 * 2. A service that was not running is not started, and only an end of the old process that systemd
 *    or another process on the status socket has shown begins the time to connect.
 */
import { basename } from 'node:path';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import type { Disk } from '../../foundation/src/runtime/disk.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { printable } from '../../foundation/src/runtime/printable.ts';
import type { Installation } from './installation.ts';
import type { Release } from './release-file.ts';
import { rejected } from './signature.ts';
import { endUpgrade, markUpgrade, pointTo, unfinishedUpgrade, type Unfinished } from './switch.ts';
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

/** The service as its manager has it. */
export interface ServiceState {
  /** Also while it starts or stops. */
  readonly isRunning: boolean;
  /** Its main process; 0 while there is none. */
  readonly pid: number;
}

export interface UpgradeDeps {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly drainTimeoutMs: number;
  /** What the status socket answers; undefined if nothing that can be understood. */
  readonly running: (signal: AbortSignal) => Promise<RunningRunner | undefined>;
  /** Throws SERVICE_FAILED. */
  readonly service: () => Promise<ServiceState>;
  /** Begins a restart of the service; the old process drains first. */
  readonly restart: () => Promise<void>;
  /** The version that the program in this directory reports. Throws UPGRADE_REFUSED. */
  readonly tryOut: (root: string, signal: AbortSignal) => Promise<string>;
  readonly say: (text: string) => void;
}

/** Main process of the service and process behind the status socket, before the restart. */
interface Before {
  readonly mainPid: number;
  readonly pid: number;
}

/**
 * Installs a release and selects it. Resolves with whether a running service was restarted. Throws
 * UPGRADE_REFUSED before the switch, UPGRADE_FAILED after it was rolled back.
 */
export async function upgrade(
  release: Release,
  installation: Installation,
  deps: UpgradeDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const { parent, version: current } = installation;
  if (!isNewer(release.version, current))
    throw rejected(`${release.version} is not newer than the installed ${current}`).with({
      remedy:
        'To roll back, point the link to the directory of the older release and restart the service.',
    });
  const before = await verifiableService(deps, signal);
  deps.say(`Installing ${release.version} beside ${current} in ${parent}`);
  const root = await unpack(release, parent, deps.disk);
  const reported = await deps.tryOut(root, signal);
  if (reported !== release.version)
    throw rejected(
      `the program in the archive reports version ${printable(reported, 60)} instead of ${release.version}`,
    );
  signal.throwIfAborted();
  await switchTo(release, before, installation, deps, signal);
  return before !== undefined;
}

/** Rolls back an upgrade that was killed. Returns the release that is selected again, if any. */
export async function undoUnfinished(
  installation: Installation,
  deps: UpgradeDeps,
): Promise<string | undefined> {
  const unfinished = await unfinishedUpgrade(installation.parent);
  if (unfinished !== undefined) await rollBack(unfinished, installation, deps);
  return unfinished?.from;
}

/** Undefined if the service does not run. Throws UPGRADE_REFUSED if it is not connected. */
async function verifiableService(
  { service, running }: UpgradeDeps,
  signal: AbortSignal,
): Promise<Before | undefined> {
  const { isRunning, pid: mainPid } = await service();
  if (!isRunning) return undefined;
  const runner = await running(signal);
  if (runner?.connected === true) return { mainPid, pid: runner.pid };
  const problem =
    runner === undefined ? 'does not answer on its status socket' : 'is not connected';
  throw rejected(`the service ${problem}, so the new release could not be verified`).with({
    remedy:
      'Run `hybrid-runner doctor`, and upgrade once the service is connected; or stop the service, upgrade, and start it.',
  });
}

async function switchTo(
  release: Release,
  before: Before | undefined,
  installation: Installation,
  deps: UpgradeDeps,
  signal: AbortSignal,
): Promise<void> {
  const { parent, link, root, version: current } = installation;
  let state: Unfinished = { from: basename(root), restarted: false };
  await markUpgrade(parent, state, deps.disk);
  try {
    await pointTo(link, release.name, deps.disk);
    if (before !== undefined) {
      state = { ...state, restarted: true };
      await markUpgrade(parent, state, deps.disk);
      await restartInto(release.version, before, deps, signal);
    }
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    const undone = await settled(rollBack(state, installation, deps));
    throw undone === undefined
      ? failed(
          `${release.version} did not connect; rolled back to ${current}: ${error.message}`,
          error,
        )
      : failed(
          `${release.version} did not connect: ${error.message}; failed to roll back to ${current}: ${undone.message}`,
          new AggregateError([error, undone]),
        );
  }
  await endUpgrade(parent, deps.disk);
}

/** The service may still run the newer release if its restart fails; the link does not name it. */
async function rollBack(
  { from, restarted }: Unfinished,
  { parent, link }: Installation,
  { disk, restart, say }: UpgradeDeps,
): Promise<void> {
  say(`Rolling back to ${from}`);
  await pointTo(link, from, disk);
  const failure = restarted ? await settled(restart()) : undefined;
  await endUpgrade(parent, disk);
  if (failure !== undefined)
    throw failure.with({ remedy: 'Restart the service: systemctl restart hybrid-runner.' });
}

async function restartInto(
  version: string,
  before: Before,
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
    if (connectBy === undefined && (await hasEnded(before, now, deps))) {
      connectBy = clock.monotonic() + CONNECT_MS;
      say(`Waiting until ${version} is connected, for two minutes at most`);
    }
    if (clock.monotonic() >= (connectBy ?? stopBy))
      throw new RunnerError(
        'DEADLINE_EXCEEDED',
        connectBy === undefined
          ? 'the old process did not end'
          : 'no connection within two minutes',
      );
    await clock.sleep(POLL_MS, signal);
  }
}

/** A process that drains may be too busy to answer, so silence says nothing. */
async function hasEnded(
  before: Before,
  now: RunningRunner | undefined,
  { service }: UpgradeDeps,
): Promise<boolean> {
  if (now !== undefined) return now.pid !== before.pid;
  const state = await service().catch(() => undefined);
  return state !== undefined && state.pid !== before.mainPid;
}

async function settled(work: Promise<void>): Promise<RunnerError | undefined> {
  try {
    await work;
    return undefined;
  } catch (thrown) {
    return RunnerError.from(thrown);
  }
}

function failed(message: string, cause: unknown): RunnerError {
  return new RunnerError('UPGRADE_FAILED', message, { cause });
}
