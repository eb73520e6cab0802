import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { UNIT, type ServiceHost } from './host.ts';
import { LABEL } from './launchd.ts';

export interface ServiceState {
  /** Also while it starts, stops, or waits to be restarted. */
  readonly isRunning: boolean;
  /** Its main process; 0 while there is none. */
  readonly pid: number;
}

const NOT_RUNNING: ServiceState = { isRunning: false, pid: 0 };

/**
 * The service as the service manager has it. Throws SERVICE_FAILED if systemd does not answer;
 * launchd does not answer for a service that it does not have.
 */
export async function readServiceState(host: ServiceHost): Promise<ServiceState> {
  if (host.platform === 'darwin') return launchdState(host);
  if (!host.systemdRuns) return NOT_RUNNING;
  const args = ['show', UNIT, '--property=ActiveState,MainPID'];
  const output = await host.run('systemctl', args).catch((thrown: unknown) => {
    throw new RunnerError('SERVICE_FAILED', `systemctl ${args.join(' ')} failed`, {
      cause: thrown,
    });
  });
  const { state, pid } = {
    state: /^ActiveState=(?<state>.+)$/m.exec(output)?.groups?.['state'],
    pid: /^MainPID=(?<pid>\d+)$/m.exec(output)?.groups?.['pid'],
  };
  if (state === undefined || pid === undefined)
    throw new RunnerError('SERVICE_FAILED', 'systemctl did not report the state of the service');
  return { isRunning: state !== 'inactive' && state !== 'failed', pid: Number(pid) };
}

async function launchdState(host: ServiceHost): Promise<ServiceState> {
  const output = await host.run('launchctl', ['print', `system/${LABEL}`]).catch(() => undefined);
  if (output === undefined) return NOT_RUNNING;
  const pid = /^\s*pid = (?<pid>\d+)$/m.exec(output)?.groups?.['pid'];
  return { isRunning: true, pid: Number(pid ?? 0) };
}
