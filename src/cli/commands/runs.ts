import type { Failure } from '../../../foundation/src/domain/failure.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { actAsOwner } from '../ownership.ts';
import { recentAttempts, type RecentAttempt } from '../recent-attempts.ts';
import { columns, counted } from '../terminal.ts';

const HEADINGS = [
  'RUN',
  'ATTEMPT',
  'KIND',
  'SERVICE',
  'STARTED',
  'DURATION',
  'OUTCOME',
  'ERROR',
  'RECORDS',
];
const NOTHING = '–';

/** The recent attempts on this machine, of the service and of `ingest`, newest first. */
export async function list(invocation: Invocation): Promise<void> {
  const entries = await load(invocation);
  const runs = entries.map(summaryOf);
  const rows = runs.map((run) => [
    run.run,
    `${run.attempt}`,
    run.kind ?? NOTHING,
    run.service ?? NOTHING,
    run.startedAt ?? NOTHING,
    run.durationMs === null ? NOTHING : formatDuration(run.durationMs),
    run.outcome,
    run.error?.code ?? NOTHING,
    run.records === null ? NOTHING : `${run.records}`,
  ]);
  invocation.terminal.result(
    { runs },
    rows.length === 0 ? 'There are no recent attempts.' : columns([HEADINGS, ...rows]),
  );
}

/** One attempt with the end of its log. Throws INPUT_INVALID if there is none, or more than one. */
export async function show(invocation: Invocation): Promise<void> {
  const { terminal, operands } = invocation;
  const entry = find(await load(invocation), operands[0] ?? '');
  const { log, omittedLines } = entry;
  const run = summaryOf(entry);
  const lines = log.map(
    ({ time, level, message, data = {} }) =>
      `${new Date(time).toISOString()} ${level.padEnd(5)} ${message}${fieldsOf(data)}`,
  );
  const omitted = omittedLines === 0 ? [] : [`(${counted(omittedLines, 'lines')} before these)`];
  const text = [describe(run), ...omitted, ...lines].join('\n');
  terminal.result({ ...run, log, omittedLines }, text);
}

async function load(invocation: Invocation): Promise<readonly RecentAttempt[]> {
  const { config } = await loadSettings(invocation);
  actAsOwner(config.stateDir);
  return recentAttempts(config.stateDir);
}

function find(entries: readonly RecentAttempt[], id: string): RecentAttempt {
  const [run = '', attempt] = id.split('/');
  const matching = entries.filter(
    ({ ref }) =>
      ref.runId.startsWith(run) && (attempt === undefined || ref.attempt === Number(attempt)),
  );
  const runs = new Set(matching.map(({ ref }) => ref.runId));
  const exact = matching.filter(({ ref }) => ref.runId === run);
  if (exact.length > 0) return exact[0]!;
  if (runs.size === 1 && run !== '') return matching[0]!;
  throw new RunnerError(
    'INPUT_INVALID',
    runs.size === 0 || run === ''
      ? 'no recent attempt has this id'
      : `${runs.size} recent runs have ids that start with "${run}"`,
    {
      remedy:
        runs.size === 0 || run === ''
          ? 'Run `hybrid-runner runs` to see all of them.'
          : 'Use more characters of the id.',
    },
  );
}

/** An attempt as the documents show it; what is not known is null. */
export function summaryOf({ ref, kind, service, startedAt, end, isKilled }: RecentAttempt): {
  readonly run: string;
  readonly attempt: number;
  readonly kind: string | null;
  readonly service: string | null;
  readonly startedAt: string | null;
  readonly durationMs: number | null;
  readonly outcome: string;
  readonly error: Failure | null;
  readonly records: number | null;
} {
  return {
    run: ref.runId,
    attempt: ref.attempt,
    kind: kind ?? null,
    service: service ?? null,
    startedAt: startedAt === undefined ? null : new Date(startedAt).toISOString(),
    durationMs: startedAt === undefined || end === undefined ? null : end.endedAt - startedAt,
    outcome: end?.status ?? (isKilled === true ? 'interrupted' : 'running'),
    error: end?.error ?? null,
    records: end?.records ?? null,
  };
}

function describe(run: ReturnType<typeof summaryOf>): string {
  return columns([
    ['run', `${run.run}, attempt ${run.attempt}`],
    ['kind', run.kind ?? NOTHING],
    ['service', run.service ?? NOTHING],
    ['started', run.startedAt ?? NOTHING],
    ['duration', run.durationMs === null ? NOTHING : formatDuration(run.durationMs)],
    ['outcome', run.outcome],
    ...(run.error === null ? [] : [['error', `${run.error.code}: ${run.error.message}`]]),
    ['records', run.records === null ? NOTHING : `${run.records}`],
  ]);
}

function fieldsOf(data: Readonly<Record<string, unknown>>): string {
  return Object.entries(data)
    .map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
    .join('');
}

function formatDuration(ms: number): string {
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.round(ms / 60_000);
  return minutes < 60 ? `${minutes} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}
