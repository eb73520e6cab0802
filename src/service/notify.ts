import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Clock } from '../runtime/clock.ts';

/** Tells the service manager how the service is. Never throws: a runner works without being listened to. */
export interface ServiceManager {
  /** `READY=1` and the like. */
  say(...assignments: readonly string[]): Promise<void>;
  /** Whether there is one. */
  readonly isListening: boolean;
  /** How often it wants to hear WATCHDOG=1, in milliseconds; undefined when it does not. */
  readonly watchdogMs: number | undefined;
}

/**
 * systemd listens on a Unix datagram socket, which Node cannot open; its own program sends the message. The unit
 * admits messages of child processes for that (NotifyAccess=all).
 */
const PROGRAMS = ['/usr/bin/systemd-notify', '/bin/systemd-notify'];
const TIMEOUT_MS = 5000;

const nobody: ServiceManager = {
  isListening: false,
  say: () => Promise.resolve(),
  watchdogMs: undefined,
};

/** `timeoutMs` is how long the program may take to pass on a message. */
export function serviceManager(
  env: Readonly<NodeJS.ProcessEnv>,
  programs: readonly string[] = PROGRAMS,
  timeoutMs: number = TIMEOUT_MS,
): ServiceManager {
  const socket = env['NOTIFY_SOCKET'];
  const program = programs.find((path) => existsSync(path));
  if (socket === undefined || socket === '' || program === undefined) return nobody;
  return {
    isListening: true,
    say: (...assignments) => send(program, assignments, socket, timeoutMs),
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

/** Twice as often as demanded, as systemd advises; only when the demand is meant for this process. */
function watchdogInterval(env: Readonly<NodeJS.ProcessEnv>): number | undefined {
  const microseconds = Number(env['WATCHDOG_USEC']);
  const pid = env['WATCHDOG_PID'];
  if (!Number.isSafeInteger(microseconds) || microseconds <= 0) return undefined;
  return pid === undefined || pid === `${process.pid}` ? microseconds / 2000 : undefined;
}

/** How often the status is compared with what the service manager knows. */
const LOOK_MS = 1000;

export interface Informed {
  /** One line. */
  readonly status: () => string;
  /** Whether the service does what it is for; the watchdog hears nothing while it hangs. */
  readonly isAlive: () => boolean;
}

/** Tells the service manager each change of the status, and its watchdog in time that the service lives, until the signal fires. */
export async function keepInformed(
  manager: ServiceManager,
  { status, isAlive }: Informed,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const { watchdogMs, isListening } = manager;
  if (!isListening) return;
  let told = '';
  for (let fedAt = -Infinity; !signal.aborted;) {
    const isDue = watchdogMs !== undefined && clock.monotonic() - fedAt >= watchdogMs && isAlive();
    const text = status();
    if (isDue || text !== told)
      await manager.say(...(isDue ? ['WATCHDOG=1'] : []), `STATUS=${text}`);
    if (isDue) fedAt = clock.monotonic();
    told = text;
    await clock.sleep(Math.min(LOOK_MS, watchdogMs ?? LOOK_MS), signal).catch(() => undefined);
  }
}
