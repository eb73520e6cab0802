import type { Progress } from '../../domain/progress.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Terminal } from '../terminal.ts';

const BAR_CELLS = 24;
const EVERY_MS = 100;
const CLEAR_LINE = '\r\u001b[2K';

/** One line at the bottom of the terminal that says how far a run is; nothing where no one looks. */
export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  readonly #shown: boolean;
  #next = 0;
  /** Phase and calls as they were drawn: a change of these is shown at once, for the next report may be half a minute away. */
  #news = '';
  #drawn = false;

  constructor(terminal: Terminal, clock: Clock) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#shown = terminal.stderr.isTTY === true && !terminal.json;
  }

  show(progress: Progress): void {
    const news = `${progress.phase} ${progress.apiCalls}`;
    if (!this.#shown || (news === this.#news && this.#clock.monotonic() < this.#next)) return;
    this.#news = news;
    this.#next = this.#clock.monotonic() + EVERY_MS;
    this.#terminal.stderr.write(CLEAR_LINE + describe(progress));
    this.#drawn = true;
  }

  clear(): void {
    if (this.#drawn) this.#terminal.stderr.write(CLEAR_LINE);
    this.#drawn = false;
  }

  /** A logger whose lines do not run into the progress line. */
  under(logger: Logger): Logger {
    return {
      log: (level, message, data) => {
        this.clear();
        logger.log(level, message, data);
      },
      child: (data) => this.under(logger.child(data)),
    };
  }
}

function describe({ phase, done, total, apiCalls }: Progress): string {
  const calls = `${apiCalls} API calls`;
  if (total === 0) return `${phase}  ${done}  ${calls}`;
  const filled = Math.min(BAR_CELLS, Math.round((done / total) * BAR_CELLS));
  return `${phase}  ${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)}  ${done}/${total}  ${calls}`;
}
