import { LOG_LEVELS, type LogLevel, type LogRecord } from '../../foundation/src/domain/record.ts';
import type { LogData, Logger } from '../../foundation/src/logging/logger.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';

export interface AttemptLogOptions {
  readonly clock: Clock;
  /** Lines below it are written to the local log only. */
  readonly level: LogLevel;
  /** The log of this machine, for every line. */
  readonly local: Logger;
  readonly emit: (record: LogRecord) => void;
  /** Called for each warning, at every log level. */
  readonly onWarning?: () => void;
  readonly data?: LogData;
}

/**
 * The log of one attempt: to the stream, for the users who started the run, and to the local log.
 */
export function createAttemptLog(options: AttemptLogOptions): Logger {
  const { clock, local, emit, onWarning, data } = options;
  const threshold = LOG_LEVELS.indexOf(options.level);
  return {
    log(level, message, more) {
      local.log(level, message, more);
      if (level === 'warn') onWarning?.();
      if (LOG_LEVELS.indexOf(level) < threshold) return;
      const all = { ...data, ...more };
      emit({
        kind: 'log',
        time: clock.now(),
        level,
        message,
        ...(Object.keys(all).length > 0 && { data: all }),
      });
    },
    child: (more) =>
      createAttemptLog({ ...options, local: local.child(more), data: { ...data, ...more } }),
  };
}
