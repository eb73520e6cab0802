import { RunnerError } from '../runtime/errors.ts';
import { EXIT } from './exit-codes.ts';

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/**
 * What SIGINT and SIGTERM do: the first ends the command in good order, the second at once. A command that knows
 * better (the service drains) takes over.
 */
export class Interrupts {
  readonly #controller = new AbortController();
  #listener: ((signal: Signal) => void) | undefined;

  constructor(source: NodeJS.EventEmitter) {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      source.on(signal, () => this.#received(signal));
    // Node would open a debugger port, from which every secret can be read.
    source.on('SIGUSR1', () => undefined);
  }

  /** Fires with ABORTED at the first signal, unless someone took over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  takeOver(source: NodeJS.EventEmitter, listener: (signal: Signal) => void): void {
    this.#listener = listener;
    source.on('SIGHUP', () => listener('SIGHUP'));
  }

  #received(signal: Signal): void {
    if (this.#listener !== undefined) return this.#listener(signal);
    if (this.#controller.signal.aborted) process.exit(EXIT.stopped.code);
    this.#controller.abort(new RunnerError('ABORTED', `stopped by ${signal}`));
  }
}
