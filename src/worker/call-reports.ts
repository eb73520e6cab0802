import type { Clock } from '../../foundation/src/runtime/clock.ts';
import { throwIfAborted } from '../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { UNREPORTED_CALLS } from '../policy/run-quota.ts';

const CALLS_BETWEEN = 50;
const PAUSE_MS = 1_000;

export interface CallReportsOptions {
  /** Rejects unless the report is durable. Absent if no rule limits calls. */
  readonly report?: ((made: number, isOver: boolean) => Promise<void>) | undefined;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Called once for each time in which reports fail and the run waits. */
  readonly onFailing: (error: RunnerError) => void;
}

/**
 * Tells the policy's count of calls how many a run has made, and holds calls back while too many
 * are not durably counted: when the run's process ends, what the count has not been told is lost.
 */
export class CallReports {
  readonly #options: CallReportsOptions;
  /** Calls that were begun; whether they will be charged is known later. */
  #begun = 0;
  #charged = 0;
  #durable = 0;
  #telling: Promise<RunnerError | undefined> | undefined;

  constructor(options: CallReportsOptions) {
    this.#options = options;
  }

  /** Resolves when another call may be made. Rejects when the signal fires. */
  async admit(signal: AbortSignal): Promise<void> {
    if (this.#options.report === undefined) return;
    let isFailing = false;
    while (this.#begun - this.#durable >= UNREPORTED_CALLS) {
      throwIfAborted(signal);
      const error = await this.#tell();
      if (error === undefined) continue;
      if (!isFailing) this.#options.onFailing(error);
      isFailing = true;
      await this.#options.clock.sleep(PAUSE_MS, signal);
    }
    this.#count(this.#begun + 1);
  }

  /** Calls that were charged, of those that were admitted. */
  charged(calls: number): void {
    this.#charged += calls;
    // A connector may not have asked for each of them.
    if (this.#charged > this.#begun) this.#count(this.#charged);
  }

  /** Never rejects: what could not be reported stays counted. */
  async end(): Promise<void> {
    await this.#telling;
    await this.#options.report?.(this.#charged, true).catch(() => undefined);
  }

  #count(begun: number): void {
    this.#begun = begun;
    if (begun - this.#durable >= CALLS_BETWEEN) void this.#tell();
  }

  /** One report at a time. Resolves with why it failed. */
  #tell(): Promise<RunnerError | undefined> {
    return (this.#telling ??= this.#report().finally(() => (this.#telling = undefined)));
  }

  async #report(): Promise<RunnerError | undefined> {
    const begun = this.#begun;
    try {
      await this.#options.report?.(begun, false);
      this.#durable = begun;
      return undefined;
    } catch (thrown) {
      return RunnerError.from(thrown);
    }
  }
}
