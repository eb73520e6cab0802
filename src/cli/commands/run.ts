import { composeRunner, type Runner } from '../compose-runner.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import type { LinkStatus } from '../../link/link-state.ts';
import type { Logger } from '../../observability/logger.ts';
import { serveStatus, type StatusServer } from '../../observability/status-socket.ts';
import { systemClock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { TaskGroup } from '../../runtime/task-group.ts';
import { keepInformed, serviceManager, type ServiceManager } from '../../service/notify.ts';
import { loadSettings, openCommandLog, type Invocation } from '../invocation.ts';
import { compactOnce } from '../heap.ts';
import { platform, version } from '../version.ts';

/**
 * The service. Ends with 0 after a drain. The first SIGTERM or SIGINT drains, the second shortens every wait, the third
 * stops at once; SIGHUP has nothing to reload, because policy and secrets are read anew for each run.
 */
export async function run(invocation: Invocation): Promise<void> {
  const settings = await loadSettings(invocation);
  const { config } = settings;
  // The link holds no secret, and what a worker logs is redacted there; a proxy's password is all there is to hide.
  const logger = await openCommandLog(settings, invocation, { descriptor: 1, redact: hideProxyPassword(config.network.proxy) });
  const runner = await composeRunner(config, logger, invocation.env);
  try {
    await serve(runner, config, logger, invocation);
  } finally {
    await runner.close();
  }
}

async function serve(runner: Runner, config: RunnerConfig, logger: Logger, { interrupts, env, terminal }: Invocation): Promise<void> {
  const manager = serviceManager(env);
  const stop = new AbortController();
  interrupts.takeOver(process, stopper(runner, logger, manager, stop, terminal.stdin.isTTY === true));
  const startedAt = systemClock.now();
  const socket = await openStatus(config.status.socket, () => ({ version: version(), pid: process.pid, startedAt, ...runner.link.status() }), logger);
  const group = new TaskGroup(stop.signal);
  logger.log('info', 'started', { version: version(), platform: platform(), runnerId: runner.identity.runnerId, name: runner.identity.name, controlPlane: runner.identity.controlPlaneUrl, capacity: config.capacity });
  group.start(async (signal) => {
    await runner.link.run(signal);
    group.stop(new RunnerError('RUNNER_STOPPED', 'the link has ended'));
  });
  group.start((signal) => compactOnce(() => runner.link.status().state.name === 'connected', systemClock, signal));
  group.start((signal) => keepInformed(manager, () => summary(runner.link.status()), systemClock, signal));
  await manager.say('READY=1', 'STATUS=started');
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

function stopper({ link }: Runner, logger: Logger, manager: ServiceManager, stop: AbortController, onTerminal: boolean): (signal: string) => void {
  let asked = 0;
  return (signal) => {
    if (signal === 'SIGHUP' && !onTerminal) return logger.log('info', 'nothing to reload: policy and secrets are read anew for each run, settings at the next start');
    asked += 1;
    logger.log('info', 'asked to stop', { signal, times: asked });
    if (asked === 1) void manager.say('STOPPING=1', 'STATUS=draining');
    if (asked <= 2) link.drain();
    else stop.abort(new RunnerError('RUNNER_STOPPED', `stopped by ${signal}`));
  };
}

/** The runner works without its status socket. */
async function openStatus(path: string, status: () => unknown, logger: Logger): Promise<StatusServer | undefined> {
  try {
    return await serveStatus(path, status);
  } catch (thrown) {
    logger.log('warn', '`hybrid-runner status` will not work', { error: RunnerError.from(thrown) });
    return undefined;
  }
}

function summary({ state, running, capacity }: LinkStatus): string {
  return `${state.name}, ${running} of ${capacity} at work`;
}

function hideProxyPassword(proxy: string | undefined): (line: string) => string {
  const password = proxy === undefined ? '' : (URL.parse(proxy)?.password ?? '');
  return password === '' ? (line) => line : (line) => line.replaceAll(password, '[secret]').replaceAll(decodeURIComponent(password), '[secret]');
}
