import { attemptKey } from '../../../foundation/src/domain/ids.ts';
import type { Job } from '../../../foundation/src/domain/job.ts';
import {
  LOG_LEVELS,
  type LogLevel,
  type OutcomeRecord,
} from '../../../foundation/src/domain/record.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { nodeDisk } from '../../../foundation/src/runtime/node-disk.ts';
import { systemProcesses } from '../../../foundation/src/runtime/processes.ts';
import type { Workflow } from '../../../openmetadata/src/workflow.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { LOCAL_HISTORY_DIRECTORY } from '../../link/history/attempt-entry.ts';
import { HistoryFiles } from '../../link/history/history-files.ts';
import { LogTails } from '../../link/history/log-tails.ts';

export interface LocalRun {
  readonly job: Job;
  readonly workflow: Workflow;
}

export interface RecordedRun {
  /** Its lines are recorded with the run. */
  readonly logger: Logger;
  /** Never rejects. */
  end(outcome: OutcomeRecord): Promise<void>;
}

/** A run that nothing is kept of. */
export function unrecorded(logger: Logger): RecordedRun {
  return { logger, end: () => Promise.resolve() };
}

/**
 * Lets `hybrid-runner runs` show a run of this process, apart from those of the service: neither
 * takes the place of the other's.
 */
export async function recordRun(
  { job: { ref, kind }, workflow }: LocalRun,
  { stateDir, log: { level } }: Pick<RunnerConfig, 'stateDir' | 'log'>,
  logger: Logger,
  redact: (line: string) => string,
): Promise<RecordedRun> {
  const tails = new LogTails(systemClock);
  const history = new HistoryFiles({
    directory: `${stateDir}/${LOCAL_HISTORY_DIRECTORY}`,
    isShared: true,
    disk: nodeDisk,
    clock: systemClock,
    logger,
    tails,
    redact,
  });
  history.begin({
    ref,
    kind,
    service: workflow.source.serviceName,
    startedAt: systemClock.now(),
    process: await systemProcesses.identify(process.pid),
  });
  return {
    logger: withoutBelow(level, logger, tails.listen(logger, { attempt: attemptKey(ref) })),
    end: ({ status, endedAt, error, records, counts }) =>
      history.end(ref, {
        status,
        endedAt,
        records,
        counts,
        ...(error === undefined ? {} : { error }),
      }),
  };
}

/** Lines below the level are left to `other`. */
function withoutBelow(level: LogLevel, other: Logger, logger: Logger): Logger {
  return {
    log: (at, ...line) => {
      const isBelow = LOG_LEVELS.indexOf(at) < LOG_LEVELS.indexOf(level);
      (isBelow ? other : logger).log(at, ...line);
    },
    child: (data) => withoutBelow(level, other.child(data), logger.child(data)),
  };
}
