import type { LogData, Logger } from '../../../../foundation/src/logging/logger.ts';
import type { Deps } from '../../deps.ts';

/** Lines of one run; a server that rejects everything must not fill the disk. */
const MAX_LINES = 5000;

type Line = {
  readonly time: number;
  readonly level: string;
  readonly message: string;
  readonly data: LogData | null;
};

/**
 * What the relay has to say: in the log of the run, which OpenMetadata shows, and in the log of the
 * control plane.
 */
export class RelayLog implements Logger {
  readonly #deps: Pick<Deps, 'store' | 'clock' | 'log'>;
  readonly #runId: string;
  #lines: Line[] = [];
  #written = 0;

  constructor(deps: Pick<Deps, 'store' | 'clock' | 'log'>, runId: string) {
    this.#deps = deps;
    this.#runId = runId;
  }

  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, data: LogData = {}): void {
    this.#deps.log[level]({ run: this.#runId, ...data }, message);
    if (level === 'debug' || this.#written >= MAX_LINES) return;
    this.#written += 1;
    const fields = Object.keys(data).length === 0 ? null : data;
    this.#lines.push({ time: this.#deps.clock.now(), level, message, data: fields });
  }

  child(data: LogData): Logger {
    return {
      log: (level, message, more = {}) => this.log(level, message, { ...data, ...more }),
      child: (more) => this.child({ ...data, ...more }),
    };
  }

  /** Stores the lines so far. */
  async flush(): Promise<void> {
    const lines = this.#lines;
    if (lines.length === 0) return;
    this.#lines = [];
    await this.#deps.store.transaction(async (tx) => {
      for (const line of lines) await tx.relays.appendLog(this.#runId, line);
    });
  }
}
