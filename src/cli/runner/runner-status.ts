import { healthOf, isMoving } from '../../link/health/health.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { serveStatus, type StatusServer } from '../../observability/status-socket.ts';
import { localErrorFields } from '../../../foundation/src/runtime/error-fields.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import type { ServiceStatus } from '../../service/notify.ts';
import { version } from '../version.ts';
import type { Runner } from './compose-runner.ts';
import type { PolicyWatch } from './policy-watch.ts';

/**
 * Answers `hybrid-runner status`. Resolves with undefined, and warns, when the socket cannot be
 * opened: the runner works without.
 */
export async function openStatusSocket(
  path: string,
  { link }: Runner,
  policy: PolicyWatch,
  logger: Logger,
): Promise<StatusServer | undefined> {
  const startedAt = systemClock.now();
  const report = async (): Promise<unknown> => {
    const problem = await policy.check();
    const status = link.status();
    const health = healthOf(status, problem);
    return { version: version(), pid: process.pid, startedAt, ...status, health };
  };
  try {
    return await serveStatus(path, report);
  } catch (thrown) {
    logger.log(
      'warn',
      'status socket not available; `hybrid-runner status` will not work',
      localErrorFields(thrown),
    );
    return undefined;
  }
}

/** Status line and liveness for the service manager. */
export function serviceStatusOf({ link }: Runner, policy: PolicyWatch): ServiceStatus {
  return {
    text: () => {
      const status = link.status();
      const { text } = healthOf(status, policy.problem);
      return `${text}; ${status.running} of ${status.capacity} runs active`;
    },
    isAlive: () => isMoving(link.status(), systemClock.now()),
  };
}
