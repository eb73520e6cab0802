import { readLogs, type LogLine } from '../../runs/run-log.ts';
import { isEnded } from '../../runs/run.ts';
import type { Deps } from '../../deps.ts';
import type { RelayLine } from '../../store/relay.ts';

const PAGE = 1000;

type Line = Pick<LogLine, 'time' | 'level' | 'message' | 'data'>;

/** The log of a run so far as text: lines of the runner, then those of the relay, then the end. */
export async function logText(deps: Deps, runId: string): Promise<string> {
  const { read } = deps.store;
  const run = await read.runs.get(runId);
  if (run === undefined) return '';
  const lines = [...(await ofRunner(deps, runId)), ...(await ofRelay(deps, runId))];
  const waiting = deps.waits.get(runId);
  if (run.status.state === 'queued' && waiting !== undefined)
    lines.push(statement(deps.clock.now(), 'info', waiting.message, waiting.remedy));
  if (isEnded(run.status) && run.status.error !== null) {
    const { code, message, remedy } = run.status.error;
    lines.push(statement(run.status.endedAt, 'error', `${code}: ${message}`, remedy));
  }
  return lines.map((line) => `${line}\n`).join('');
}

async function ofRunner({ store }: Deps, runId: string): Promise<string[]> {
  const lines: string[] = [];
  let attempt = 1;
  for (let after = 0; ;) {
    const { logs, next } = await readLogs(store.read, runId, { after, limit: PAGE });
    for (const line of logs) {
      if (line.attempt !== attempt)
        lines.push(statement(line.time, 'info', `attempt ${line.attempt}`, ''));
      attempt = line.attempt;
      lines.push(textOf(line));
    }
    if (logs.length < PAGE) return lines;
    after = next;
  }
}

async function ofRelay({ store }: Deps, runId: string): Promise<string[]> {
  const lines: RelayLine[] = [];
  for (;;) {
    const page = await store.read.relays.log(runId, lines.at(-1)?.position ?? 0, PAGE);
    lines.push(...page);
    if (page.length < PAGE) return lines.map(textOf);
  }
}

function statement(time: number | null, level: string, message: string, remedy: string): string {
  return textOf({
    time,
    level,
    message: remedy === '' ? message : `${message}. ${remedy}`,
    data: null,
  });
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
