import type { Failure } from '../../foundation/src/domain/failure.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { StopStatus } from '../../foundation/src/runtime/worker-messages.ts';

/** Requests to end an attempt early. Only the first one counts. */
export class Stop {
  readonly #controller = new AbortController();
  #status: StopStatus | undefined;

  /** Aborted with the reason, a RunnerError. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The status that the attempt must end with; undefined until a stop was requested. */
  get status(): StopStatus | undefined {
    return this.#status;
  }

  request(status: StopStatus, reason: Failure): void {
    if (this.#status !== undefined) return;
    this.#status = status;
    this.#controller.abort(RunnerError.fromFailure(reason));
  }
}
