import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { sleepUnlessAborted } from '../../foundation/src/runtime/wait.ts';
import type { Terminal } from './terminal.ts';

const INTERVAL_MS = 1_000;
const CLEAR_SCREEN = '\u001b[H\u001b[2J';

export interface Watched<T> {
  /** Rejects while no runner answers. */
  readonly read: (signal: AbortSignal) => Promise<T>;
  /** Several lines, for a screen. */
  readonly describe: (status: T) => string;
  /** One line, for a log. */
  readonly summarize: (status: T) => string;
}

/**
 * Shows the status until the signal fires: on a terminal it is drawn again, elsewhere each change
 * is a line, and with `--json` a document. A runner that does not answer is a status as well, so
 * that a restart is seen.
 */
export async function watchStatus<T>(
  { read, describe, summarize }: Watched<T>,
  terminal: Terminal,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const screen = terminal.redraws(terminal.stdout);
  let last: string | undefined;
  do {
    const answer = await read(signal).catch((thrown: unknown) => RunnerError.from(thrown));
    if (signal.aborted) return;
    const failed = answer instanceof RunnerError;
    const value = failed ? { error: answer.toFailure() } : answer;
    const text = failed ? String(answer) : screen ? describe(answer) : summarize(answer);
    const shown = terminal.json ? JSON.stringify(value) : text;
    if (shown === last) continue;
    last = shown;
    if (screen) terminal.stdout.write(CLEAR_SCREEN);
    const time = new Date(clock.now()).toISOString();
    terminal.result(value, screen ? `${time}\n${text}` : `${time} ${text}`);
  } while (await sleepUnlessAborted(clock, INTERVAL_MS, signal));
}
