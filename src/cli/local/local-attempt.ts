import { readFile } from 'node:fs/promises';
import { parse, YAMLParseError } from 'yaml';
import { isRunId, type RunId } from '../../domain/ids.ts';
import { yieldsEntities, type JobKind } from '../../domain/job.ts';
import type { OutcomeRecord } from '../../domain/record.ts';
import { loadConnectors } from '../../connectors/registry.ts';
import { catalogServerOf } from '../../openmetadata/catalog-server.ts';
import type { Workflow } from '../../openmetadata/workflow.ts';
import { systemClock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import { systemRandom } from '../../runtime/random.ts';
import { createRedactor } from '../../redaction/redactor.ts';
import { composeAccess } from '../../worker/compose.ts';
import { parseJobDocument } from '../../worker/job-document.ts';
import type { RecordSink } from '../../worker/record-sink.ts';
import { runAttempt } from '../../worker/run-attempt.ts';
import { workerSettingsSchema } from '../../worker/settings.ts';
import { Stop } from '../../worker/stop.ts';
import { EXIT, exitCodeOf, type ExitCode } from '../exit-codes.ts';
import { loadSettings, needFlag, openCommandLog, type Invocation } from '../invocation.ts';
import { actAsOwner } from '../ownership.ts';
import { ProgressLine } from './progress-line.ts';
import { captureConsole } from './capture-console.ts';

export interface LocalAttempt {
  readonly kind: JobKind;
  /** Opened once configuration and workflow are known to be sound, so that bad input destroys no earlier result. */
  readonly openSink: (workflow: Workflow) => Promise<RecordSink>;
}

/** Runs one attempt in this process, without a control plane: same policy, secrets, connector and redaction as a worker. */
export async function runLocally(
  invocation: Invocation,
  { kind, openSink }: LocalAttempt,
): Promise<OutcomeRecord> {
  const file = needFlag(invocation.flags, 'workflow');
  const settings = await loadSettings(invocation);
  const { text, workflow } = await readWorkflow(file);
  const toFile = typeof invocation.flags.get('out') === 'string';
  if (yieldsEntities(kind) && !toFile) catalogServerOf(workflow);
  const sink = await openSink(workflow);
  actAsOwner(settings.config.stateDir);
  const redactor = createRedactor();
  const progress = new ProgressLine(invocation.terminal, systemClock);
  const logger = progress.under(
    await openCommandLog(settings, invocation, {
      descriptor: 2,
      redact: (line) => redactor.redact(line),
    }),
  );
  const openAccess = composeAccess({
    settings: workerSettingsSchema.parse(settings.config),
    redactor,
    audit: logger,
    env: invocation.env,
    sink: toFile ? 'ifPermitted' : 'required',
  });
  const releaseConsole = captureConsole((text) => redactor.redact(text), logger);
  try {
    return await runAttempt({
      job: { ref: localRef(), kind, workflow: text, deadlineMs: settings.config.jobs.deadlineMs },
      connectors: await loadConnectors(),
      openAccess,
      redact: (line) => redactor.redact(line),
      sink,
      stop: stopOn(invocation.interrupts.signal),
      clock: systemClock,
      random: systemRandom,
      logger,
      onProgress: (at) => progress.show(at),
    });
  } finally {
    progress.clear();
    releaseConsole();
  }
}

/** What the outcome means for whoever called: a message when something is to blame, and the exit code. */
export function conclude({ terminal }: Invocation, { status, error }: OutcomeRecord): ExitCode {
  if (status === 'success' || status === 'partialSuccess') return EXIT.ok.code;
  if (status === 'cancelled') return EXIT.stopped.code;
  if (error === undefined) return EXIT.runFailed.code;
  const blamed = RunnerError.fromFailure(error);
  if (!terminal.json) terminal.fail(blamed);
  return exitCodeOf(blamed);
}

/** The document, also as JSON text. Throws FILE_UNREADABLE and JOB_INVALID. */
async function readWorkflow(
  file: string,
): Promise<{ readonly text: string; readonly workflow: Workflow }> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch (thrown) {
    throw new RunnerError('FILE_UNREADABLE', `the workflow file ${file} cannot be read`, {
      cause: thrown,
    });
  }
  let document: unknown;
  try {
    document = parse(content, { maxAliasCount: 100 });
  } catch (thrown) {
    throw new RunnerError('JOB_INVALID', `${file} is not valid YAML${placeOf(thrown)}`, {
      remedy: 'Check indentation, quotes, and keys that are given twice.',
    });
  }
  const text = JSON.stringify(document ?? null);
  return { text, workflow: parseJobDocument(text).workflow };
}

/** Kind and place of a problem, without the parser's message: that quotes the line, which may hold a password. */
function placeOf(thrown: unknown): string {
  if (!(thrown instanceof YAMLParseError)) return '';
  const at = thrown.linePos?.[0];
  return `: ${thrown.code.toLowerCase().replaceAll('_', ' ')}${at === undefined ? '' : ` in line ${at.line}, column ${at.col}`}`;
}

function localRef(): { runId: RunId; attempt: number; epoch: number } {
  const runId = `local-${systemRandom.uuid()}`;
  if (!isRunId(runId)) throw new RunnerError('INTERNAL', 'a run id was made that is none');
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
