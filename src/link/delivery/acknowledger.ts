import type { Sequence } from '../../domain/ids.ts';
import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Attempt } from '../attempts/attempt.ts';
import { Bell } from '../bell.ts';

const AGAIN_MS = 1_000;

export interface AcknowledgerOptions {
  readonly clock: Clock;
  /** Called when all of the attempt is stored by the control plane. */
  readonly finish: (attempt: Attempt) => void;
  /** Called with what went wrong on disk; it is tried again. */
  readonly trouble: (error: RunnerError) => void;
}

/** Brings acknowledgements of one attempt to its outbox, the newest of those that came meanwhile; deletes the attempt after the last. */
export class Acknowledger {
  readonly #attempt: Attempt;
  readonly #options: AcknowledgerOptions;
  readonly #noted = new Bell();
  #upTo: Sequence = 0;
  #written: Sequence = 0;

  constructor(attempt: Attempt, options: AcknowledgerOptions) {
    this.#attempt = attempt;
    this.#options = options;
  }

  note(upTo: Sequence): void {
    this.#upTo = Math.max(this.#upTo, upTo);
    this.#noted.ring();
  }

  /** Returns when the attempt is gone; otherwise runs until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    const scope = AbortSignal.any([signal, this.#attempt.gone]);
    const { outbox } = this.#attempt;
    for (;;) {
      const { sequence, complete } = outbox.durable();
      if (complete && this.#upTo >= sequence) return this.#options.finish(this.#attempt);
      if (this.#attempt.gone.aborted) return;
      if (this.#upTo > this.#written) await this.#write(this.#upTo, scope);
      else await this.#noted.wait(scope).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  async #write(upTo: Sequence, scope: AbortSignal): Promise<void> {
    try {
      await this.#attempt.outbox.acknowledge(upTo);
      this.#written = upTo;
    } catch (thrown) {
      if (this.#attempt.gone.aborted) return;
      this.#options.trouble(RunnerError.from(thrown));
      await this.#options.clock.sleep(AGAIN_MS, scope).catch(() => undefined);
    }
  }
}
