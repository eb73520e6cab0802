import { stat } from 'node:fs/promises';
import type { RunnerConfig } from '../../config/runner-config.ts';
import type { ErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import { isErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import { lastExitFile } from '../../service/last-exit.ts';
import { findUser } from '../../service/user.ts';
import type { Check } from '../check.ts';
import { fail, failed, pass, skip, warn, type Finding } from '../finding.ts';
import type { Machine } from '../options.ts';
import { runningRunner, type RunningRunner } from '../running-runner.ts';
import { readUnit, type Unit } from '../unit.ts';
import { environmentFindings } from './service-environment.ts';

const INSTALL = 'Run `sudo hybrid-runner service install --now`.';
const JOURNAL = 'Read its log: journalctl --unit hybrid-runner --lines 20';

/** The service: its unit, and what the running runner says of itself. */
export const service: Check = {
  name: 'service',
  title: 'service',
  needs: ['configuration'],
  run: async (facts, signal) => {
    const config = await facts.config();
    const { machine } = facts.options;
    const [unit, runner] = await Promise.all([
      readUnit(machine.host, config.configDir),
      runningRunner(config.status.socket, signal),
    ]);
    return [
      await unitFinding(unit, runner, config),
      ...(unit.name === 'loaded' && unit.isEnabled
        ? await userFindings(unit.user, config, machine)
        : []),
      ...(unit.name === 'loaded'
        ? await environmentFindings(unit.environment, facts.options.env)
        : []),
      ...runnerFindings(runner, unit),
    ];
  },
};

async function unitFinding(
  unit: Unit,
  runner: RunningRunner | undefined,
  { stateDir }: RunnerConfig,
): Promise<Finding> {
  const subject = 'unit';
  switch (unit.name) {
    case 'unsupported':
      return skip(subject, 'systemd does not run here');
    case 'foreign':
      return skip(subject, 'the service of this machine has another configuration');
    case 'missing':
      return runner === undefined
        ? warn(subject, 'not installed', INSTALL)
        : skip(subject, 'not installed; the runner was started in another way');
    case 'unknown':
      return { ...failed(subject, unit.error), remedy: 'Run `systemctl status hybrid-runner`.' };
    case 'loaded':
  }
  if (unit.active === 'active')
    return unit.isEnabled
      ? pass(subject, 'runs, and starts with the machine')
      : warn(subject, 'runs, but does not start with the machine', INSTALL);
  if (!unit.isEnabled && unit.active === 'inactive')
    return warn(subject, 'not enabled and not started', INSTALL);
  return stopped(unit.active, stateDir);
}

async function stopped(active: string, stateDir: string): Promise<Finding> {
  const word = active === 'activating' ? 'keeps being restarted' : 'is stopped';
  const last = await lastExitFile(stateDir).read();
  if (last === undefined)
    return fail('unit', word, `Run \`sudo systemctl start hybrid-runner\`. ${JOURNAL}`);
  const { code, message, remedy } = last.error;
  const detail = `${word}; it ended at ${new Date(last.at).toISOString()}: ${code}: ${message}`;
  return { ...fail('unit', detail, remedy), ...withCode(code) };
}

async function userFindings(
  user: string,
  { stateDir }: RunnerConfig,
  { host }: Machine,
): Promise<readonly Finding[]> {
  const stats = await stat(stateDir).catch(() => undefined);
  const account = user === '' ? undefined : await findUser(user, host);
  if (stats === undefined || account === undefined || account.uid === stats.uid) return [];
  return [
    fail(
      'user',
      `the service runs as ${user}, but ${stateDir} belongs to another user (uid ${stats.uid})`,
      'Run `sudo hybrid-runner service install`. It gives the directory to that user.',
    ),
  ];
}

function runnerFindings(runner: RunningRunner | undefined, unit: Unit): readonly Finding[] {
  const subject = 'runner';
  if (runner === undefined)
    return unit.name === 'loaded' && unit.active === 'active'
      ? [fail(subject, 'does not answer on its status socket', JOURNAL)]
      : [skip(subject, 'not running')];
  const { health, isIdentityShared } = runner;
  const about = `process ${runner.pid}, version ${runner.version}: ${health.text}`;
  const found =
    health.level === 'pass'
      ? pass(subject, about)
      : health.level === 'warn'
        ? warn(subject, about, JOURNAL)
        : fail(subject, about, JOURNAL);
  if (!isIdentityShared) return [found];
  const shared = fail(
    'identity',
    'another process tries to connect with the identity of this runner',
    'Stop one of the two. To keep both, run `hybrid-runner enroll --replace` on the copied machine.',
  );
  return [found, { ...shared, code: 'IDENTITY_IN_USE' }];
}

function withCode(code: string): { readonly code?: ErrorCode } {
  return isErrorCode(code) ? { code } : {};
}
