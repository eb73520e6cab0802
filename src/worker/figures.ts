import type { OutcomeStatus } from '../../foundation/src/domain/record.ts';
import type { Counters, Levels, Metrics } from '../../foundation/src/logging/metrics.ts';
import {
  figureSchema,
  MAX_FIGURES,
  type Figures,
} from '../../foundation/src/runtime/worker-figures.ts';
import type { Phase } from './phases.ts';

const INTERVAL_MS = 2_000;

/** What a worker counts, until it is sent to the link, which keeps the metrics. */
export class WorkerFigures implements Metrics {
  readonly #residentBytes: () => number;
  readonly #pending = new Map<string, { name: string; labels: object; value: number }>();
  #ended: Pick<Figures, 'outcome' | 'phases'> = {};
  #takenAt = -Infinity;

  constructor(residentBytes: () => number) {
    this.#residentBytes = residentBytes;
  }

  count<Name extends keyof Counters>(name: Name, labels: Counters[Name], by = 1): void {
    this.#change(name, labels, (before) => before + by);
  }

  set<Name extends keyof Levels>(name: Name, labels: Levels[Name], value: number): void {
    this.#change(name, labels, () => value);
  }

  /** The link measures durations. */
  observe(): void {}

  ended(outcome: OutcomeStatus, phases: readonly Phase[]): void {
    this.#ended = { outcome, phases: [...phases] };
  }

  /** The message that is due, and forgets what is in it; undefined between two messages. */
  take(now: number): Figures | undefined {
    if (now < this.#takenAt + INTERVAL_MS && this.#ended.outcome === undefined) return undefined;
    this.#takenAt = now;
    const figures = [...this.#pending.values()].flatMap(
      (each) => figureSchema.safeParse(each).data ?? [],
    );
    this.#pending.clear();
    return { type: 'figures', figures, residentBytes: this.#residentBytes(), ...this.#ended };
  }

  #change(name: string, labels: object, change: (before: number) => number): void {
    const key = JSON.stringify([name, labels]);
    const before = this.#pending.get(key);
    if (before === undefined && this.#pending.size >= MAX_FIGURES) return;
    this.#pending.set(key, { name, labels, value: change(before?.value ?? 0) });
  }
}
