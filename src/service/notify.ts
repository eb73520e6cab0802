import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { sleepUnlessAborted } from '../../foundation/src/runtime/wait.ts';

/** Sends notifications to the service manager. Never throws: a runner works without one. */
export interface ServiceManager {
  /** Assignments as in sd_notify(3), such as `READY=1`. */
  notify(...assignments: readonly string[]): Promise<void>;
  /** False when the process was not started by a service manager. */
  readonly isListening: boolean;
  /** Interval for WATCHDOG=1, in milliseconds; undefined without a watchdog. */
  readonly watchdogMs: number | undefined;
}

/**
 * systemd listens on a Unix datagram socket, which Node cannot open, so systemd-notify sends the
 * message. The unit accepts messages of child processes for that (NotifyAccess=all).
 */
const PROGRAMS = ['/usr/bin/systemd-notify', '/bin/systemd-notify'];
const TIMEOUT_MS = 5000;

const noManager: ServiceManager = {
  isListening: false,
  notify: () => Promise.resolve(),
  watchdogMs: undefined,
};

/** `timeoutMs` limits how long one message may take. */
export function serviceManager(
  env: Readonly<NodeJS.ProcessEnv>,
  programs: readonly string[] = PROGRAMS,
  timeoutMs: number = TIMEOUT_MS,
): ServiceManager {
  const socket = env['NOTIFY_SOCKET'];
  const program = programs.find((path) => existsSync(path));
  if (socket === undefined || socket === '' || program === undefined) return noManager;
  return {
    isListening: true,
    notify: (...assignments) => send(program, assignments, socket, timeoutMs),
    watchdogMs: watchdogInterval(env),
  };
}

function send(
  program: string,
  assignments: readonly string[],
  socket: string,
  timeout: number,
): Promise<void> {
  return new Promise((done) => {
    execFile(
      program,
      [`--pid=${process.pid}`, ...assignments],
      { env: { NOTIFY_SOCKET: socket }, timeout },
      () => done(),
    );
  });
}

/** Half the required interval, as systemd advises; only when the watchdog is for this process. */
function watchdogInterval(env: Readonly<NodeJS.ProcessEnv>): number | undefined {
  const microseconds = Number(env['WATCHDOG_USEC']);
  const pid = env['WATCHDOG_PID'];
  if (!Number.isSafeInteger(microseconds) || microseconds <= 0) return undefined;
  return pid === undefined || pid === `${process.pid}` ? microseconds / 2000 : undefined;
}

const CHECK_INTERVAL_MS = 1000;

export interface ServiceStatus {
  /** On one line. */
  readonly text: () => string;
  /** False when the service hangs; then the watchdog is not fed. */
  readonly isAlive: () => boolean;
}

/**
 * Sends each change of the status to the service manager and feeds its watchdog, until the signal
 * fires.
 */
export async function notifyServiceManager(
  manager: ServiceManager,
  { text, isAlive }: ServiceStatus,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { watchdogMs, isListening } = manager;
  if (!isListening) return;
  let sent = '';
  let fedAt = -Infinity;
  while (!signal.aborted) {
    const isDue = watchdogMs !== undefined && clock.monotonic() - fedAt >= watchdogMs && isAlive();
    const status = text();
    if (isDue || status !== sent)
      await manager.notify(...(isDue ? ['WATCHDOG=1'] : []), `STATUS=${status}`);
    if (isDue) fedAt = clock.monotonic();
    sent = status;
    const pauseMs = Math.min(CHECK_INTERVAL_MS, watchdogMs ?? CHECK_INTERVAL_MS);
    await sleepUnlessAborted(clock, pauseMs, signal);
  }
}
