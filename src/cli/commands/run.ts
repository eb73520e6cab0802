import { composeRunner, type Runner } from '../compose-runner.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { healthOf, isMoving, type PolicyProblem } from '../../link/health/health.ts';
import type { LinkStatus } from '../../link/health/link-status.ts';
import { proxyPasswords } from '../../network/proxy.ts';
import type { Logger } from '../../observability/logger.ts';
import { serveStatus, type StatusServer } from '../../observability/status-socket.ts';
import { systemClock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { TaskGroup } from '../../runtime/task-group.ts';
import { keepInformed, serviceManager, type ServiceManager } from '../../service/notify.ts';
import { loadSettings, openCommandLog, type Invocation } from '../invocation.ts';
import { compactOnce } from '../heap.ts';
import { lastExitFile } from '../last-exit.ts';
import { PolicyWatch } from '../policy-watch.ts';
import { platform, version } from '../version.ts';

/**
 * The service. Ends with 0 after a drain. The first SIGTERM or SIGINT drains, the second shortens every wait, the third
 * stops at once. SIGHUP looks at the policy file again and logs what is wrong with it; each run reads policy and secrets anyway.
 */
export async function run(invocation: Invocation): Promise<void> {
  const settings = await loadSettings(invocation);
  const { config } = settings;
  const lastExit = lastExitFile(config.stateDir);
  // The link holds no secret, and what a worker logs is redacted there; a proxy's password is all there is to hide.
  const logger = await openCommandLog(settings, invocation, {
    descriptor: 1,
    redact: hideProxyPassword(config.network.proxy),
  });
  const runner = await composeRunner(config, logger, invocation.env);
  try {
    await lastExit.clear();
    await serve(runner, config, logger, invocation);
  } catch (thrown) {
    // Nothing is said of it where even this cannot be written; the exit code and the log remain.
    await lastExit
      .write(RunnerError.from(thrown).toFailure(), systemClock.now())
      .catch(() => undefined);
    throw thrown;
  } finally {
    await runner.close();
  }
}

async function serve(
  runner: Runner,
  config: RunnerConfig,
  logger: Logger,
  { interrupts, env, terminal }: Invocation,
): Promise<void> {
  const manager = serviceManager(env);
  const stop = new AbortController();
  const policy = new PolicyWatch(config.policyFile, config.secrets.files.directory);
  await policy.look();
  interrupts.takeOver(
    process,
    stopper(runner, policy, logger, manager, stop, terminal.stdin.isTTY === true),
  );
  const startedAt = systemClock.now();
  const socket = await openStatus(
    config.status.socket,
    async () => {
      const problem = await policy.look();
      const status = runner.link.status();
      return {
        version: version(),
        pid: process.pid,
        startedAt,
        ...status,
        health: healthOf(status, problem),
      };
    },
    logger,
  );
  const group = new TaskGroup(stop.signal);
  logger.log('info', 'started', {
    version: version(),
    platform: platform(),
    runnerId: runner.identity.runnerId,
    name: runner.identity.name,
    controlPlane: runner.identity.controlPlaneUrl,
    capacity: config.capacity,
  });
  group.start(async (signal) => {
    await runner.link.run(signal);
    group.stop(new RunnerError('RUNNER_STOPPED', 'the link has ended'));
  });
  group.start((signal) =>
    compactOnce(() => runner.link.status().state.name === 'connected', systemClock, signal),
  );
  group.start((signal) => lookAtPolicy(policy, signal));
  const informed = {
    status: () => summary(runner.link.status(), policy.problem),
    isAlive: () => isMoving(runner.link.status(), systemClock.now()),
  };
  group.start((signal) => keepInformed(manager, informed, systemClock, signal));
  await manager.say('READY=1', `STATUS=${informed.status()}`);
  try {
    await group.wait();
    logger.log('info', 'stopped');
  } catch (thrown) {
    logger.log('error', 'the service has ended', { error: RunnerError.from(thrown) });
    throw thrown;
  } finally {
    await socket?.close();
  }
}

function stopper(
  { link }: Runner,
  policy: PolicyWatch,
  logger: Logger,
  manager: ServiceManager,
  stop: AbortController,
  onTerminal: boolean,
): (signal: string) => void {
  let asked = 0;
  return (signal) => {
    if (signal === 'SIGHUP' && !onTerminal) {
      void reload(policy, logger);
      return;
    }
    asked += 1;
    logger.log('info', 'asked to stop', { signal, times: asked });
    if (asked === 1) void manager.say('STOPPING=1', 'STATUS=draining');
    if (asked <= 2) link.drain();
    else stop.abort(new RunnerError('RUNNER_STOPPED', `stopped by ${signal}`));
  };
}

/** Settings count from the next start; policy and secrets are read for each run, so all there is to do is to say what is wrong. */
async function reload(policy: PolicyWatch, logger: Logger): Promise<void> {
  const problem = await policy.look();
  logger.log(
    problem === undefined ? 'info' : 'error',
    problem === undefined
      ? 'policy checked; settings are read at the next start'
      : 'policy cannot be used; every job will be rejected',
    problem === undefined ? {} : { problem },
  );
}

const POLICY_LOOK_MS = 30_000;

async function lookAtPolicy(policy: PolicyWatch, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await systemClock.sleep(POLICY_LOOK_MS, signal).catch(() => undefined);
    await policy.look();
  }
}

/** The runner works without its status socket. */
async function openStatus(
  path: string,
  status: () => Promise<unknown>,
  logger: Logger,
): Promise<StatusServer | undefined> {
  try {
    return await serveStatus(path, status);
  } catch (thrown) {
    logger.log('warn', '`hybrid-runner status` will not work', { error: RunnerError.from(thrown) });
    return undefined;
  }
}

function summary(status: LinkStatus, problem: PolicyProblem): string {
  return `${healthOf(status, problem).text}; ${status.running} of ${status.capacity} runs at work`;
}

function hideProxyPassword(proxy: string | undefined): (line: string) => string {
  const passwords = proxy === undefined ? [] : proxyPasswords(proxy);
  return (line) =>
    passwords.reduce((clean, password) => clean.replaceAll(password, '[secret]'), line);
}
