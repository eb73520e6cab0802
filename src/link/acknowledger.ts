import type { Sequence } from '../domain/ids.ts';
import type { Attempt } from './attempt.ts';
import { Bell } from './bell.ts';

/** Brings acknowledgements of one attempt to its outbox, the newest of those that came meanwhile; deletes the attempt after the last. */
export class Acknowledger {
  readonly #attempt: Attempt;
  readonly #finish: (attempt: Attempt) => void;
  readonly #noted = new Bell();
  #upTo: Sequence = 0;
  #written: Sequence = 0;

  constructor(attempt: Attempt, finish: (attempt: Attempt) => void) {
    this.#attempt = attempt;
    this.#finish = finish;
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
      if (complete && this.#upTo >= sequence) return this.#finish(this.#attempt);
      if (this.#attempt.gone.aborted) return;
      if (this.#upTo > this.#written) await this.#write(this.#upTo);
      else await this.#noted.wait(scope).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  async #write(upTo: Sequence): Promise<void> {
    await this.#attempt.outbox.acknowledge(upTo);
    this.#written = upTo;
  }
}
