import { openAuditTrail } from '../audit/open.ts';
import type { AuditTrail } from '../../foundation/src/logging/audit-trail.ts';
import type { LoadedConfig } from '../config/load.ts';
import { durationMs } from '../config/values/units.ts';
import { loadConnectors } from '../connectors/registry.ts';
import { CHECK_NAMES, type CheckName } from '../doctor/check.ts';
import { diagnose } from '../doctor/doctor.ts';
import { thisMachine, type DoctorOptions } from '../doctor/options.ts';
import type { Report } from '../doctor/report.ts';
import type { CheckResult } from '../doctor/run-checks.ts';
import type { StepRecord } from '../../foundation/src/domain/record.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { workerEntry } from '../worker/entry.ts';
import { loadSettings, type Invocation } from './invocation.ts';
import { runLocally } from './local/local-attempt.ts';
import { stepSink } from './local/step-sink.ts';
import { readWorkflowFile } from './local/workflow-file.ts';
import type { Sealing } from '../sealing/seal.ts';
import { openSealingHere } from './sealing/open-sealing-here.ts';
import { actAsOwner, assertConfigReadable } from './ownership.ts';
import { systemUser } from './system-user.ts';
import { platform, version } from './version.ts';

const TIMEOUT_MIN_MS = 100;
const TIMEOUT_MAX_MS = 60_000;

/**
 * The document of `doctor --json`, for that command and for a support bundle. Rejects for wrong
 * flags and when the command is interrupted. Acts as the owner of the state directory from then on.
 */
export async function makeDoctorReport(
  invocation: Invocation,
  onResult: (result: CheckResult) => void = () => undefined,
): Promise<Report> {
  const { flags, env, interrupts } = invocation;
  const only = namesOf(flags.get('only'));
  const timeoutMs = timeoutOf(flags.get('timeout'));
  limitNameResolution(timeoutMs);
  const person = systemUser(env);
  const opened: Opened = {};
  return diagnose(
    {
      machine: thisMachine(),
      env,
      version: version(),
      platform: platform(),
      settings: () => openSettings(invocation, opened),
      sealing: () => opened.sealing,
      recordRead: async (reference) => {
        if (opened.trail === undefined)
          throw new RunnerError('AUDIT_UNWRITABLE', 'the audit trail is not open');
        await opened.trail.record({ event: 'secretCheck', by: 'doctor', reference, ...person });
      },
      workerEntry,
      connectors: loadConnectors,
      testConnection: await connectionTest(invocation),
      redactor: createRedactor(),
      timeoutMs,
      only,
      onResult,
    },
    interrupts.signal,
  );
}

interface Opened {
  sealing?: Sealing | undefined;
  trail?: AuditTrail;
}

async function openSettings(invocation: Invocation, opened: Opened): Promise<LoadedConfig> {
  const settings = await loadSettings(invocation);
  const { stateDir, configFile } = settings.config;
  opened.sealing = await openSealingHere(settings.config, invocation);
  actAsOwner(stateDir);
  assertConfigReadable(configFile);
  opened.trail = openAuditTrail(stateDir);
  return settings;
}

/** Reads the workflow at once: the owner of the state directory may not have permission to. */
async function connectionTest(invocation: Invocation): Promise<DoctorOptions['testConnection']> {
  const file = invocation.flags.get('workflow');
  if (typeof file !== 'string') return undefined;
  const workflow = await readWorkflowFile(file);
  // The lines of its log would be among those of the report, which has the errors.
  const quiet = new Map([['log-level', 'error'] as const, ...invocation.flags]);
  return async (signal) => {
    const steps: StepRecord[] = [];
    const { error } = await runLocally(
      { ...invocation, flags: quiet },
      {
        kind: 'test_connection',
        openSink: () => Promise.resolve(stepSink((step) => steps.push(step))),
        workflow,
        signal,
      },
    );
    return { steps, error };
  };
}

/**
 * The system's resolver cannot be canceled, and a process ends only after it. This is glibc's way
 * to shorten its patience with a silent name server: resolv.conf(5).
 */
function limitNameResolution(timeoutMs: number): void {
  process.env['RES_OPTIONS'] ??= `timeout:${Math.ceil(timeoutMs / 1000)} attempts:1`;
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
  const unknown = names.find((name) => known.every((check) => check !== name));
  throw new RunnerError('USAGE', `--only: unknown check ${JSON.stringify(unknown)}`, {
    remedy: `Use one or more of these, separated by commas: ${CHECK_NAMES.join(', ')}.`,
  });
}
