import type { Logger as Pino } from 'pino';
import type { LogData, Logger } from '../../../../foundation/src/logging/logger.ts';
import type { Clock as FoundationClock } from '../../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../../foundation/src/runtime/errors.ts';
import type { Random } from '../../../../foundation/src/runtime/random.ts';
import type { Clock, RandomBytes } from '../../runtime/clock.ts';

/*
 * What the shared packages expect, made of what the control plane has.
 */

export function foundationClock(clock: Clock): FoundationClock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    uptime: () => clock.monotonic(),
    sleep: async (ms, signal) => {
      await clock.sleep(ms, signal);
      if (signal.aborted) throw RunnerError.from(signal.reason, 'ABORTED');
    },
  };
}

const UINT32 = 2 ** 32;

export function foundationRandom(random: RandomBytes): Random {
  return {
    fraction: () => random(4).readUInt32BE() / UINT32,
    bytes: (length) => random(length),
    uuid: () => uuid(random),
  };
}

/** A random UUID (version 4). */
export function uuid(random: RandomBytes): string {
  const bytes = random(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function foundationLogger(log: Pino, data: LogData = {}): Logger {
  return {
    log: (level, message, more = {}) => log[level]({ ...data, ...more }, message),
    child: (more) => foundationLogger(log, { ...data, ...more }),
  };
}
