import { readLogs, type LogLine } from '../../runs/run-log.ts';
import { isEnded, type Run } from '../../runs/run.ts';
import type { Deps } from '../../deps.ts';
import type { RelayLine } from '../../store/relay.ts';

const PAGE = 1000;

type Line = Pick<LogLine, 'time' | 'level' | 'message' | 'data'>;

/**
 * The log of a run so far as text: lines of the runner in their order, with those of the control
 * plane between them by time. Lines are added at the end, except for those of a runner that was cut
 * off, which arrive later than what the control plane said meanwhile.
 */
export async function logText(deps: Deps, runId: string): Promise<string> {
  const run = await deps.store.read.runs.get(runId);
  if (run === undefined) return '';
  const own = [...(await ofRelay(deps, runId)), ...ofEnd(run)];
  const lines = byTime(await ofRunner(deps, runId), own);
  const waiting = deps.waits.get(runId);
  if (run.status.state === 'queued' && waiting !== undefined)
    lines.push(statement(deps.clock.now(), 'info', waiting.message, waiting.remedy));
  return lines.map((line) => `${textOf(line)}\n`).join('');
}

async function ofRunner({ store }: Deps, runId: string): Promise<Line[]> {
  const lines: Line[] = [];
  let attempt = 1;
  for (let after = 0; ;) {
    const { logs, next } = await readLogs(store.read, runId, { after, limit: PAGE });
    for (const line of logs) {
      if (line.attempt !== attempt)
        lines.push(statement(line.time, 'info', `attempt ${line.attempt}`, ''));
      attempt = line.attempt;
      lines.push(line);
    }
    if (logs.length < PAGE) return lines;
    after = next;
  }
}

async function ofRelay({ store }: Deps, runId: string): Promise<Line[]> {
  const lines: RelayLine[] = [];
  for (;;) {
    const page = await store.read.relays.log(runId, lines.at(-1)?.position ?? 0, PAGE);
    lines.push(...page);
    if (page.length < PAGE) return lines;
  }
}

function ofEnd({ status }: Run): Line[] {
  if (!isEnded(status) || status.error === null) return [];
  const { code, message, remedy } = status.error;
  return [statement(status.endedAt, 'error', `${code}: ${message}`, remedy)];
}

/** Each of `own` before the first line of the runner that is later. */
function byTime(ofRunner: readonly Line[], own: readonly Line[]): Line[] {
  const waiting = own.toSorted((a, b) => (a.time ?? 0) - (b.time ?? 0));
  const lines: Line[] = [];
  for (const line of ofRunner) {
    while (waiting.length > 0 && (waiting[0]!.time ?? 0) < (line.time ?? 0))
      lines.push(waiting.shift()!);
    lines.push(line);
  }
  return [...lines, ...waiting];
}

function statement(time: number | null, level: string, message: string, remedy: string): Line {
  return {
    time,
    level,
    message: remedy === '' ? message : `${message}. ${remedy}`,
    data: null,
  };
}

/** `[2026-11-28T12:00:00.000Z] INFO  catalog read objects=300`. */
function textOf({ time, level, message, data }: Line): string {
  const at = time === null ? '' : `[${new Date(time).toISOString()}] `;
  const fields = Object.entries(data ?? {}).map(([name, value]) => ` ${name}=${valueOf(value)}`);
  return `${at}${level.toUpperCase().padEnd(5)} ${message}${fields.join('')}`.replaceAll(
    /[\r\n]+/g,
    ' ',
  );
}

function valueOf(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}
