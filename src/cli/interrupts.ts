import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { EXIT } from './exit-codes.ts';

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/**
 * SIGINT and SIGTERM: the first aborts the command's signal, the second ends the process at once. A
 * command that handles signals itself, as the service does, takes over.
 */
export class Interrupts {
  readonly #controller = new AbortController();
  #listener: ((signal: Signal) => void) | undefined;

  constructor(source: NodeJS.EventEmitter) {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      source.on(signal, () => this.#received(signal));
    // By default Node.js opens a debugger port on this signal, through which every secret could be
    // read.
    source.on('SIGUSR1', () => undefined);
  }

  /** Aborted with ABORTED at the first signal, unless a command took over. */
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
