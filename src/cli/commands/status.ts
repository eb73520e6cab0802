import { z } from 'zod';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { HEALTH_NAMES, type HealthName } from '../../link/health/health.ts';
import { readStatus } from '../../observability/status-socket.ts';
import { ERROR_CODES, isErrorCode } from '../../../foundation/src/runtime/error-codes.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { lastExitFile } from '../../service/last-exit.ts';
import { watchStatus } from '../status-watch.ts';
import { columns } from '../terminal.ts';

/** Loose, because the runner that answers can be older or newer than this command. */
const statusSchema = z.looseObject({
  version: z.string(),
  pid: z.number(),
  name: z.string(),
  runnerId: z.string(),
  fingerprint: z.string().optional().catch(undefined),
  capacity: z.number(),
  running: z.number(),
  spoolBytes: z.number(),
  state: z.looseObject({ name: z.string() }),
  health: z
    .looseObject({ name: z.enum(HEALTH_NAMES), text: z.string() })
    .optional()
    .catch(undefined),
  identityConflict: z
    .looseObject({ at: z.number(), platform: z.string(), version: z.string() })
    .optional()
    .catch(undefined),
  attempts: z.array(
    z.looseObject({
      ref: z.looseObject({ runId: z.string(), attempt: z.number() }),
      state: z.string(),
      durableSequence: z.number(),
      acknowledgedSequence: z.number(),
      condition: z.string().optional(),
      progress: z
        .looseObject({ phase: z.string(), done: z.number(), total: z.number() })
        .optional(),
    }),
  ),
});
type Status = z.infer<typeof statusSchema>;

/**
 * Exit codes, so that a health check needs no output. A drained runner is healthy: draining was
 * requested.
 */
const EXITS: Readonly<Record<HealthName, ExitCode>> = {
  connected: EXIT.ok.code,
  drained: EXIT.ok.code,
  noPolicy: EXIT.invalid.code,
  starting: EXIT.unavailable.code,
  retrying: EXIT.unavailable.code,
  stopping: EXIT.temporary.code,
  stopped: EXIT.temporary.code,
};

/**
 * Shows the status of the running runner; the exit code is 0 only when it is healthy. Throws the
 * error that ended the last runner, or RUNNER_NOT_RUNNING. With `--watch` it continues until it is
 * interrupted, and neither applies.
 */
export async function status(invocation: Invocation): Promise<ExitCode> {
  const { config } = await loadSettings(invocation);
  const read = async (signal: AbortSignal): Promise<Status> =>
    statusSchema.parse(await requestStatus(config, signal));
  const { signal } = invocation.interrupts;
  if (invocation.flags.has('watch')) {
    await watchStatus({ read, describe, summarize }, invocation.terminal, systemClock, signal);
    return EXIT.ok.code;
  }
  const answer = await read(signal);
  invocation.terminal.result(answer, describe(answer));
  return answer.health === undefined ? EXIT.ok.code : EXITS[answer.health.name];
}

async function requestStatus(
  { status: { socket }, stateDir }: RunnerConfig,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    return await readStatus(socket, signal);
  } catch (thrown) {
    const error = RunnerError.from(thrown);
    const last =
      error.code === 'RUNNER_NOT_RUNNING' ? await lastExitFile(stateDir).read() : undefined;
    if (last === undefined) throw error;
    const {
      at,
      error: { code, message, remedy },
    } = last;
    throw new RunnerError(
      isErrorCode(code) ? code : 'RUNNER_NOT_RUNNING',
      `the runner is not running; it ended at ${new Date(at).toISOString()}: ${message}`,
      { remedy },
    );
  }
}

function summarize({ health, state, running, capacity, spoolBytes }: Status): string {
  return `${health?.text ?? state.name}; ${running} of ${capacity} runs active; ${spoolBytes} bytes undelivered`;
}

function describe(answer: Status): string {
  const facts = columns([
    [
      'runner',
      `${answer.name} (${answer.runnerId}), version ${answer.version}, process ${answer.pid}`,
    ],
    ...(answer.fingerprint === undefined
      ? []
      : [['fingerprint', answer.fingerprint] as [string, string]]),
    ['health', answer.health?.text ?? answer.state.name],
    ['runs', `${answer.running} of ${answer.capacity} active`],
    ...(answer.identityConflict === undefined
      ? []
      : [['identity', conflictText(answer.identityConflict)] as [string, string]]),
    ['undelivered', `${answer.spoolBytes} bytes`],
  ]);
  const attempts = answer.attempts.map(
    ({ ref, state, condition, progress, durableSequence, acknowledgedSequence }) => [
      `  ${ref.runId}`,
      `attempt ${ref.attempt}`,
      condition === undefined ? state : `${state}: ${condition}`,
      progress === undefined
        ? ''
        : `${progress.phase} ${progress.done}/${progress.total === 0 ? '?' : progress.total}`,
      `${acknowledgedSequence} of ${durableSequence} records delivered`,
    ],
  );
  return attempts.length === 0 ? facts : `${facts}\n${columns(attempts)}`;
}

function conflictText({ at, platform, version }: NonNullable<Status['identityConflict']>): string {
  const other = `another one (${platform}, version ${version})`;
  const time = new Date(at).toISOString();
  return `in use by two processes: ${other} was rejected at ${time}. ${ERROR_CODES.IDENTITY_IN_USE.remedy}`;
}
