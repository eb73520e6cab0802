import { durationMs } from '../../config/values/units.ts';
import { loadConnectors } from '../../connectors/registry.ts';
import { CHECK_NAMES, type CheckName } from '../../doctor/check.ts';
import { diagnose } from '../../doctor/doctor.ts';
import { thisMachine } from '../../doctor/options.ts';
import type { Report } from '../../doctor/report.ts';
import type { CheckResult } from '../../doctor/run-checks.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { createRedactor } from '../../redaction/redactor.ts';
import { workerEntry } from '../../worker/entry.ts';
import { reportText } from '../doctor-text.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { hasColor, loadSettings, type Invocation } from '../invocation.ts';
import { actAsOwner, assertConfigReadable } from '../ownership.ts';
import { platform, version } from '../version.ts';

const CLEAR_LINE = '\r\u001b[2K';
const TIMEOUT_MIN_MS = 100;
const TIMEOUT_MAX_MS = 60_000;

/** Checks the installation and everything around it. Changes nothing. */
export async function doctor(invocation: Invocation): Promise<ExitCode> {
  const { terminal, env } = invocation;
  const draw = (text: string): void => {
    if (terminal.redraws(terminal.stderr)) terminal.stderr.write(`${CLEAR_LINE}${text}`);
  };
  draw('checking …');
  let ended = 0;
  const report = await makeDoctorReport(invocation, ({ title }) =>
    draw(`checking … ${++ended} done: ${title}`),
  );
  draw('');
  if (terminal.json) terminal.result(report, '');
  else {
    const color = terminal.stdout.isTTY === true && hasColor(env);
    // The report has no control characters; only the colors are added here.
    terminal.stdout.write(`${reportText(report, { color, width: terminal.columns })}\n`);
  }
  return report.status === 'fail' ? EXIT.unhealthy.code : EXIT.ok.code;
}

/**
 * The document of `doctor --json`, for this command and for a support bundle. Rejects for wrong
 * flags and when the command is interrupted. Acts as the owner of the state directory from then on.
 */
export function makeDoctorReport(
  invocation: Invocation,
  onResult: (result: CheckResult) => void = () => undefined,
): Promise<Report> {
  const { flags, env, interrupts } = invocation;
  return diagnose(
    {
      machine: thisMachine(),
      env,
      version: version(),
      platform: platform(),
      settings: async () => {
        const settings = await loadSettings(invocation);
        actAsOwner(settings.config.stateDir);
        assertConfigReadable(settings.config.configFile);
        return settings;
      },
      workerEntry,
      connectors: loadConnectors,
      testConnection: undefined,
      redactor: createRedactor(),
      timeoutMs: timeoutOf(flags.get('timeout')),
      only: namesOf(flags.get('only')),
      onResult,
    },
    interrupts.signal,
  );
}

function timeoutOf(text: string | true | undefined): number {
  const ms = durationMs(typeof text === 'string' ? text : '5s');
  if (ms !== undefined && ms >= TIMEOUT_MIN_MS && ms <= TIMEOUT_MAX_MS) return ms;
  throw new RunnerError('USAGE', '--timeout is not a duration from 100ms to 60s', {
    remedy: 'Write a number and a unit, for example --timeout 5s.',
  });
}

function namesOf(text: string | true | undefined): readonly CheckName[] {
  if (typeof text !== 'string') return [];
  const names = text.split(',').map((name) => name.trim());
  const known = CHECK_NAMES.filter((name) => names.includes(name));
  if (known.length === names.length) return known;
  throw new RunnerError('USAGE', '--only names a check that does not exist', {
    remedy: `Use names of this list, separated by commas: ${CHECK_NAMES.join(', ')}.`,
  });
}
