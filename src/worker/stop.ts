import type { Failure } from '../domain/failure.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { StopStatus } from '../runtime/worker-messages.ts';

/** A request to end an attempt early, made at most once: the first one counts. */
export class Stop {
  readonly #controller = new AbortController();
  #status: StopStatus | undefined;

  /** Fires with the reason as a RunnerError. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** How the attempt is to end, once it was asked to. */
  get status(): StopStatus | undefined {
    return this.#status;
  }

  request(status: StopStatus, reason: Failure): void {
    if (this.#status !== undefined) return;
    this.#status = status;
    this.#controller.abort(RunnerError.fromFailure(reason));
  }
}
