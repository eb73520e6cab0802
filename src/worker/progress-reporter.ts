import type { Progress } from '../../foundation/src/domain/progress.ts';
import type { Logger } from '../../foundation/src/logging/logger.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import type { ErrorCode } from '../../foundation/src/runtime/error-codes.ts';
import { sleepUnlessAborted } from '../../foundation/src/runtime/wait.ts';
import type { SpoolWriter } from '../spool/writer.ts';
import type { WorkerFigures } from './figures.ts';
import type { LinkPort } from './link-port.ts';

const REPORT_INTERVAL_MS = 500;

export interface ProgressReporterDeps {
  readonly port: LinkPort;
  readonly writer: SpoolWriter;
  readonly figures: WorkerFigures;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Reports the latest progress and figures to the link at a fixed interval, and when the disk
 * becomes full or has room again.
 */
export class ProgressReporter {
  readonly #deps: ProgressReporterDeps;
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;
  #latest: Progress | undefined;
  #condition: ErrorCode | undefined;

  constructor(deps: ProgressReporterDeps) {
    this.#deps = deps;
    this.#loop = this.#run(this.#ended.signal);
  }

  note(progress: Progress): void {
    this.#latest = progress;
  }

  /** Reports once more and resolves. */
  async end(): Promise<void> {
    this.#ended.abort();
    await this.#loop;
    this.#report();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    while (!signal.aborted) {
      await sleepUnlessAborted(clock, REPORT_INTERVAL_MS, signal);
      this.#report();
    }
  }

  #report(): void {
    const { port, writer, figures, clock } = this.#deps;
    if (this.#latest !== undefined) port.send({ type: 'progress', progress: this.#latest });
    this.#latest = undefined;
    const due = figures.take(clock.monotonic());
    if (due !== undefined) port.send(due);
    this.#reportCondition(writer.condition?.code);
  }

  #reportCondition(code: ErrorCode | undefined): void {
    if (code === this.#condition) return;
    this.#condition = code;
    this.#deps.port.send({ type: 'condition', code });
    const { logger } = this.#deps;
    if (code === undefined) logger.log('info', 'disk is writable again');
    else logger.log('warn', 'cannot write to disk; waiting', { code });
  }
}
