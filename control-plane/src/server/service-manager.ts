import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Clock } from '../runtime/clock.ts';

/**
 * systemd listens on a Unix datagram socket, which Node cannot open, so systemd-notify sends the
 * message. The unit accepts messages of child processes for that (NotifyAccess=all).
 */
const PROGRAMS = ['/usr/bin/systemd-notify', '/bin/systemd-notify'];
const TIMEOUT_MS = 5_000;

export interface ServiceManagerOptions {
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly programs?: readonly string[];
  readonly timeoutMs?: number;
}

/**
 * Sends an assignment as in sd_notify(3) to the service manager that started this process, if there
 * is one. Never rejects.
 */
export async function tellServiceManager(
  assignment: 'READY=1' | 'STOPPING=1' | 'WATCHDOG=1',
  { env, programs = PROGRAMS, timeoutMs: timeout = TIMEOUT_MS }: ServiceManagerOptions,
): Promise<void> {
  const { NOTIFY_SOCKET } = env;
  const program = programs.find((path) => existsSync(path));
  if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === '' || program === undefined) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const options = { env: { NOTIFY_SOCKET }, timeout };
  execFile(program, [`--pid=${process.pid}`, assignment], options, () => resolve());
  await promise;
}

/**
 * Feeds the watchdog of the service manager until the signal fires, twice as often as it requires,
 * but only while this process is alive. Returns at once where there is no watchdog.
 */
export async function feedWatchdog(
  isAlive: () => boolean,
  clock: Clock,
  signal: AbortSignal,
  options: ServiceManagerOptions,
): Promise<void> {
  const { WATCHDOG_USEC, WATCHDOG_PID } = options.env;
  const microseconds = Number(WATCHDOG_USEC);
  if (!Number.isSafeInteger(microseconds) || microseconds <= 0) return;
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== `${process.pid}`) return;
  while (!signal.aborted) {
    if (isAlive()) await tellServiceManager('WATCHDOG=1', options);
    await clock.sleep(microseconds / 2000, signal);
  }
}
