import type { Progress } from '../../foundation/src/domain/progress.ts';
import type { Clock } from '../../foundation/src/runtime/clock.ts';
import type { SinkProgress } from '../../openmetadata/src/sink/write-summary.ts';

/** How long the extraction reports nothing before the sink's progress is shown instead. */
const QUIET_MS = 1_000;

/**
 * The progress of an attempt: that of the extraction, and that of the sink while the extraction
 * waits for it.
 */
export class RunProgress {
  readonly #report: (progress: Progress) => void;
  readonly #clock: Clock;
  #apiCalls = 0;
  #reportedAt = 0;

  constructor(report: (progress: Progress) => void, clock: Clock) {
    this.#report = report;
    this.#clock = clock;
    this.#reportedAt = clock.monotonic();
  }

  fromSource(progress: Progress): void {
    this.#apiCalls = progress.apiCalls;
    this.#reportedAt = this.#clock.monotonic();
    this.#report(progress);
  }

  fromSink({ tables }: SinkProgress): void {
    if (this.#clock.monotonic() - this.#reportedAt < QUIET_MS) return;
    const { done, received: total } = tables;
    this.#report({ phase: 'tables in OpenMetadata', done, total, apiCalls: this.#apiCalls });
  }
}
