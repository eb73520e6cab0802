import type { Progress } from '../../../foundation/src/domain/progress.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { columnsOf, type Terminal } from '../terminal.ts';

const BAR_CELLS = 24;
const REDRAW_INTERVAL_MS = 100;
const CLEAR_LINE = '\r\u001b[2K';

/**
 * One line at the bottom of the terminal with the progress of a run; nothing where stderr is not a
 * terminal.
 */
export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  readonly #isShown: boolean;
  #nextDrawAt = 0;
  /**
   * Phase and calls as drawn last. A change is drawn at once: the next report may be half a minute
   * away.
   */
  #lastKey = '';
  #isDrawn = false;

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#isShown = terminal.redraws(terminal.stderr);
  }

  show(progress: Progress): void {
    const key = `${progress.phase} ${progress.apiCalls}`;
    if (!this.#isShown || (key === this.#lastKey && this.#clock.monotonic() < this.#nextDrawAt))
      return;
    this.#lastKey = key;
    this.#nextDrawAt = this.#clock.monotonic() + REDRAW_INTERVAL_MS;
    this.#terminal.stderr.write(CLEAR_LINE + this.#fit(progress));
    this.#isDrawn = true;
  }

  /** A line that reached the last column would continue below, where it is not cleared. */
  #fit(progress: Progress): string {
    const width = (columnsOf(this.#terminal.stderr) ?? Infinity) - 1;
    const text = formatProgress(progress, BAR_CELLS);
    return text.length <= width ? text : formatProgress(progress, 0).slice(0, width);
  }

  clear(): void {
    if (this.#isDrawn) this.#terminal.stderr.write(CLEAR_LINE);
    this.#isDrawn = false;
  }

  /** A logger that clears the progress line before it writes. */
  clearingLogger(logger: Logger): Logger {
    return {
      log: (level, message, data) => {
        this.clear();
        logger.log(level, message, data);
      },
      child: (data) => this.clearingLogger(logger.child(data)),
    };
  }
}

function formatProgress({ phase, done, total, apiCalls }: Progress, cells: number): string {
  const calls = `${apiCalls} API ${apiCalls === 1 ? 'call' : 'calls'}`;
  if (total === 0) return `${phase}  ${done}  ${calls}`;
  const filled = Math.min(cells, Math.round((done / total) * cells));
  const bar = cells === 0 ? '' : `${'█'.repeat(filled)}${'░'.repeat(cells - filled)}  `;
  return `${phase}  ${bar}${done}/${total}  ${calls}`;
}
