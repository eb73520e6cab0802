import { setting } from '../setting.ts';
import { oneOf, whole } from '../values/basic.ts';
import { duration, formatDuration, formatSize, size } from '../values/units.ts';

/** Runs, their limits, and the log. */
export const workSettings = {
  capacity: setting({
    kind: 'whole number, 1 to 64',
    schema: whole(1, 64),
    default: 2,
    flag: '--capacity',
    description: 'Number of runs at the same time; each has its own process.',
  }),
  'jobs.deadline': setting({
    kind: 'duration',
    show: formatDuration,
    schema: duration('1s', '7d'),
    default: '6h',
    flag: '--job-deadline',
    description: 'The maximum duration of a run, even if the control plane allows more.',
  }),
  'jobs.memoryMb': setting({
    kind: 'whole number, 64 to 16384',
    schema: whole(64, 16_384),
    default: 256,
    flag: '--job-memory-mb',
    description: 'JavaScript heap of a run’s process, in MiB.',
  }),
  drainTimeout: setting({
    kind: 'duration',
    show: formatDuration,
    schema: duration('0s', '1d'),
    default: '5m',
    flag: '--drain-timeout',
    description: 'How long a stopping runner waits for active runs. Unfinished runs are run again.',
  }),
  'spool.maxBytes': setting({
    kind: 'size',
    show: formatSize,
    schema: size('16MiB', '1TiB'),
    default: '1GiB',
    flag: '--spool-max-bytes',
    description: [
      'Limit for records on disk that the control plane has not accepted yet. Near the limit, runs',
      'pause.',
    ].join(' '),
  }),
  'log.level': setting({
    kind: '`debug`, `info`, `warn` or `error`',
    schema: oneOf(['debug', 'info', 'warn', 'error']),
    default: 'info',
    flag: '--log-level',
    description: 'The least severe level that is logged.',
  }),
  'log.format': setting({
    kind: '`auto`, `json` or `pretty`',
    schema: oneOf(['auto', 'json', 'pretty']),
    default: 'auto',
    flag: '--log-format',
    description: '`auto` is `pretty` on a terminal, `json` elsewhere.',
  }),
} as const;
