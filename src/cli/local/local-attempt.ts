import { loadConnectors } from '../../connectors/registry.ts';
import { isRunId, type AttemptRef } from '../../../foundation/src/domain/ids.ts';
import { yieldsEntities, type Job, type JobKind } from '../../../foundation/src/domain/job.ts';
import type { OutcomeRecord } from '../../../foundation/src/domain/record.ts';
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
import { captureConsole } from './capture-console.ts';
import { ProgressLine } from './progress-line.ts';
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
  /** Stops the attempt; otherwise a signal of the process does. */
  readonly signal?: AbortSignal;
}

/**
 * Runs one attempt in this process, without a control plane: same policy, secrets, connector and
 * redaction as a worker.
 */
export async function runLocally(
  invocation: Invocation,
  { kind, openSink, workflow: inlineWorkflow, signal }: LocalAttempt,
): Promise<OutcomeRecord> {
  const { interrupts, terminal, env } = invocation;
  const { file, flags } = await findWorkflow(invocation.flags);
  const settings = await loadSettings({ flags, env });
  const { text, workflow } = inlineWorkflow ?? (await readWorkflowFile(file));
  const sinkUse: SinkUse = typeof flags.get('out') === 'string' ? 'ifPermitted' : 'required';
  if (yieldsEntities(kind) && sinkUse === 'required') catalogServerOf(workflow);
  const sink = await openSink(workflow);
  actAsOwner(settings.config.stateDir);
  const connectors = await loadConnectors();
  const redactor = createRedactor();
  const redact = (line: string): string => redactor.redact(line);
  const progress = new ProgressLine(terminal, systemClock);
  const logger = progress.clearingLogger(
    await openCommandLog(settings, invocation, { descriptor: 2, redact }),
  );
  const releaseConsole = captureConsole(redact, logger);
  const access = { connectors, redactor, audit: logger, env, sink: sinkUse };
  try {
    return await runAttempt({
      job: localJob(kind, text, settings.config.jobs.deadlineMs),
      connectors,
      openAccess: accessFor(settings.config, access),
      redact,
      sink,
      stop: stopOn(signal ?? interrupts.signal),
      clock: systemClock,
      random: systemRandom,
      logger,
      onProgress: (position) => progress.show(position),
    });
  } finally {
    progress.clear();
    releaseConsole();
  }
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
