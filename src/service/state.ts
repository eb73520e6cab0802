import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { UNIT, type ServiceHost } from './host.ts';

export interface ServiceState {
  /** Also while it starts, stops, or waits to be restarted. */
  readonly isRunning: boolean;
  /** Its main process; 0 while there is none. */
  readonly pid: number;
}

/** The service as systemd has it. Throws SERVICE_FAILED if systemd does not answer. */
export async function readServiceState(host: ServiceHost): Promise<ServiceState> {
  if (!host.systemdRuns) return { isRunning: false, pid: 0 };
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
