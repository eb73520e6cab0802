import { loadConnectors } from '../../connectors/registry.ts';
import { isRunId, type AttemptRef } from '../../../foundation/src/domain/ids.ts';
import { yieldsEntities, type Job, type JobKind } from '../../../foundation/src/domain/job.ts';
import type { Progress } from '../../../foundation/src/domain/progress.ts';
import type { OutcomeRecord } from '../../../foundation/src/domain/record.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { catalogServerOf } from '../../../openmetadata/src/catalog-server.ts';
import type { Workflow } from '../../../openmetadata/src/workflow.ts';
import { createRedactor } from '../../redaction/redactor.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { systemRandom } from '../../../foundation/src/runtime/random.ts';
import type { OpenAccess } from '../../worker/access.ts';
import { composeAccess, type AccessOptions } from '../../worker/compose.ts';
import type { RecordSink } from '../../worker/record-sink.ts';
import { runAttempt } from '../../worker/run-attempt.ts';
import { workerSettingsSchema } from '../../worker/settings.ts';
import type { SinkUse } from '../../worker/sink-access.ts';
import { Stop } from '../../worker/stop.ts';
import { loadSettings, openCommandLog, type Invocation } from '../invocation.ts';
import { actAsOwner } from '../ownership.ts';
import { openSealingHere } from '../sealing/open-sealing-here.ts';
import { captureConsole } from './capture-console.ts';
import { ProgressLine } from './progress-line.ts';
import { recordRun, unrecorded } from './recorded-run.ts';
import { readWorkflowFile, type WorkflowFile } from './workflow-file.ts';
import { findWorkflow } from './workflow-flag.ts';

export interface LocalAttempt {
  readonly kind: JobKind;
  /**
   * Called after configuration and workflow were validated, so that invalid input destroys no
   * earlier result.
   */
  readonly openSink: (workflow: Workflow) => Promise<RecordSink>;
  /** The workflow, if it is read already; otherwise the file of `--workflow`. */
  readonly workflow?: WorkflowFile;
  /** Whether `hybrid-runner runs` shows it afterwards. */
  readonly isRecorded?: boolean;
  /** Stops the attempt; otherwise a signal of the process does. */
  readonly signal?: AbortSignal;
}

/**
 * Runs one attempt in this process, without a control plane: same policy, secrets, connector and
 * redaction as a worker.
 */
export async function runLocally(
  invocation: Invocation,
  attempt: LocalAttempt,
): Promise<OutcomeRecord> {
  const { interrupts, terminal, env } = invocation;
  const { kind, isRecorded = false, signal } = attempt;
  const { settings, text, workflow, sinkUse } = await readInput(invocation, attempt);
  const sink = await attempt.openSink(workflow);
  const sealing = await openSealingHere(settings.config, invocation);
  actAsOwner(settings.config.stateDir);
  const connectors = await loadConnectors();
  const redactor = createRedactor();
  const redact = (line: string): string => redactor.redact(line);
  const progress = new ProgressLine(terminal, systemClock);
  const printed = progress.clearingLogger(
    await openCommandLog(settings, invocation, { descriptor: 2, redact }),
  );
  const job = localJob(kind, text, settings.config.jobs.deadlineMs);
  const recorded = isRecorded
    ? await recordRun({ job, workflow }, settings.config, printed, redact)
    : unrecorded(printed);
  const { logger } = recorded;
  const releaseConsole = captureConsole(redact, logger);
  const access = { connectors, redactor, audit: logger, env, sealing, sink: sinkUse };
  const openAccess = accessFor(settings.config, access);
  const stop = stopOn(signal ?? interrupts.signal);
  const onProgress = (position: Progress): void => progress.show(position);
  const time = { clock: systemClock, random: systemRandom };
  const deps = { connectors, openAccess, redact, sink, logger, ...time };
  let outcome: OutcomeRecord | undefined;
  try {
    outcome = await runAttempt({ job, stop, onProgress, ...deps });
    return outcome;
  } finally {
    progress.clear();
    releaseConsole();
    if (outcome !== undefined) await recorded.end(outcome);
  }
}

interface Input extends WorkflowFile {
  readonly settings: LoadedConfig;
  readonly sinkUse: SinkUse;
}

async function readInput(
  { flags: own, env }: Invocation,
  { kind, workflow: inline }: LocalAttempt,
): Promise<Input> {
  const { file, flags } = await findWorkflow(own);
  const settings = await loadSettings({ flags, env });
  const { text, workflow } = inline ?? (await readWorkflowFile(file));
  const sinkUse: SinkUse = typeof flags.get('out') === 'string' ? 'ifPermitted' : 'required';
  if (yieldsEntities(kind) && sinkUse === 'required') catalogServerOf(workflow);
  return { settings, text, workflow, sinkUse };
}

function accessFor(config: unknown, options: Omit<AccessOptions, 'settings'>): OpenAccess {
  return composeAccess({ ...options, settings: workerSettingsSchema.parse(config) });
}

function localJob(kind: JobKind, workflow: string, deadlineMs: number): Job {
  return { ref: localRef(), kind, workflow, deadlineMs };
}

function localRef(): AttemptRef {
  const runId = `local-${systemRandom.uuid()}`;
  if (!isRunId(runId)) throw new RunnerError('INTERNAL', 'generated run id is invalid');
  return { runId, attempt: 1, epoch: 0 };
}

function stopOn(signal: AbortSignal): Stop {
  const stop = new Stop();
  const request = (): void =>
    stop.request('cancelled', RunnerError.from(signal.reason, 'ABORTED').toFailure());
  if (signal.aborted) request();
  else signal.addEventListener('abort', request, { once: true });
  return stop;
}
