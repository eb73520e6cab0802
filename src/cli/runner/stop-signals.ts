import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { ServiceManager } from '../../service/notify.ts';
import type { Runner } from './compose-runner.ts';
import type { PolicyWatch } from './policy-watch.ts';

export interface SignalDeps {
  readonly runner: Runner;
  readonly policy: PolicyWatch;
  readonly logger: Logger;
  readonly manager: ServiceManager;
  /** Aborted by the third request to stop. */
  readonly stop: AbortController;
  /** Whether the runner was started on a terminal, whose end sends SIGHUP. */
  readonly onTerminal: boolean;
}

/**
 * Handles signals of the process: SIGHUP checks the policy file. SIGINT and SIGTERM drain the first
 * time, shorten every wait the second time, and stop at once the third time.
 */
export function createSignalHandler({
  runner,
  policy,
  logger,
  manager,
  stop,
  onTerminal,
}: SignalDeps): (signal: string) => void {
  let requests = 0;
  return (signal) => {
    if (signal === 'SIGHUP' && !onTerminal) {
      void policy.checkAndLog(logger);
      return;
    }
    requests += 1;
    logger.log('info', 'stop requested', { signal, requests });
    if (requests === 1) void manager.notify('STOPPING=1', 'STATUS=draining');
    if (requests <= 2) runner.link.drain();
    else stop.abort(new RunnerError('RUNNER_STOPPED', `stopped by ${signal}`));
  };
}
