import { openAuditTrail } from '../../audit/open.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { localErrorFields } from '../../../foundation/src/runtime/error-fields.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { TaskGroup } from '../../../foundation/src/runtime/task-group.ts';
import { notifyServiceManager, serviceManager } from '../../service/notify.ts';
import type { Invocation } from '../invocation.ts';
import { platform, version } from '../version.ts';
import { HeadLog } from './audit-heads.ts';
import { compactHeapOnce } from './compact-heap.ts';
import type { Runner } from './compose-runner.ts';
import { policySource } from '../policy-source.ts';
import { PolicyWatch } from './policy-watch.ts';
import { gaugesOf } from './runner-gauges.ts';
import { openStatusSocket, serviceStatusOf } from './runner-status.ts';
import { createSignalHandler } from './stop-signals.ts';
import { secretDirectories } from '../../secrets/providers/registry.ts';

/**
 * Runs the link until it has drained or was stopped, and everything beside it: status, policy
 * checks, the service manager.
 */
export async function serve(
  runner: Runner,
  config: RunnerConfig,
  logger: Logger,
  { interrupts, env, terminal }: Invocation,
): Promise<void> {
  const manager = serviceManager(env);
  const stop = new AbortController();
  const trail = openAuditTrail(config.stateDir, logger);
  const policy = new PolicyWatch(policySource(config), secretDirectories(config.secrets), trail);
  await policy.check();
  const onTerminal = terminal.stdin.isTTY === true;
  const handler = createSignalHandler({ runner, policy, logger, manager, stop, onTerminal });
  interrupts.takeOver(process, handler);
  const socket = await openStatusSocket(config.status.socket, runner, policy, logger);
  const shown = gaugesOf(runner, policy, config, systemClock);
  const stopServing = await runner.observability.show(shown);
  logStart(runner, config, logger);
  const status = serviceStatusOf(runner, policy);
  const group = new TaskGroup(stop.signal);
  group.start((signal) => runLink(runner, group, signal));
  group.start((signal) => compactHeapOnce(() => isConnected(runner), systemClock, signal));
  group.start((signal) => policy.keepChecking(systemClock, signal));
  const heads = headLogOf(runner, config, logger);
  group.start((signal) => heads.run(signal));
  group.start((signal) => runner.syslog?.run(signal) ?? Promise.resolve());
  group.start((signal) => notifyServiceManager(manager, status, systemClock, signal));
  await manager.notify('READY=1', `STATUS=${status.text()}`);
  try {
    await group.wait();
    logger.log('info', 'runner stopped');
  } catch (thrown) {
    logger.log('error', 'runner failed', localErrorFields(thrown));
    throw thrown;
  } finally {
    await heads.logLast();
    await stopServing();
    await socket?.close();
  }
}

async function runLink({ link }: Runner, group: TaskGroup, signal: AbortSignal): Promise<void> {
  await link.run(signal);
  group.stop(new RunnerError('RUNNER_STOPPED', 'the link has ended'));
}

function headLogOf({ identity, link }: Runner, config: RunnerConfig, logger: Logger): HeadLog {
  const { ended } = link;
  return new HeadLog(config.stateDir, { signer: identity, ended, clock: systemClock, logger });
}

function isConnected({ link }: Runner): boolean {
  return link.status().state.name === 'connected';
}

function logStart({ identity }: Runner, { capacity }: RunnerConfig, logger: Logger): void {
  logger.log('info', 'runner started', {
    version: version(),
    platform: platform(),
    runnerId: identity.runnerId,
    name: identity.name,
    controlPlane: identity.controlPlaneUrl,
    capacity,
  });
}
