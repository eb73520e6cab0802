import type { Progress } from '../../domain/progress.ts';
import type { ConnectorContext } from '../connector.ts';

const EVERY_MS = 100;

/** Tells where an extraction stands, at most ten times a second, but each change of phase at once. */
export class ProgressReport {
  readonly #context: Pick<ConnectorContext, 'report' | 'clock'>;
  readonly #apiCalls: () => number;
  #phase = '';
  #next = 0;

  constructor(context: Pick<ConnectorContext, 'report' | 'clock'>, apiCalls: () => number) {
    this.#context = context;
    this.#apiCalls = apiCalls;
  }

  at(phase: 'sign-in' | 'catalogue' | 'describe' | 'descriptions' | 'mapping', done: number, total: number): void {
    const now = this.#context.clock.monotonic();
    if (phase === this.#phase && now < this.#next && done < total) return;
    this.#phase = phase;
    this.#next = now + EVERY_MS;
    const progress: Progress = { phase, done, total, apiCalls: this.#apiCalls() };
    this.#context.report(progress);
  }
}
