import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type {
  Counters,
  Durations,
  Levels,
  Metrics,
} from '../../../foundation/src/logging/metrics.ts';
import { COUNTERS, DURATIONS, GAUGES, LEVELS, type Definition, type Sample } from './table.ts';

export interface Prometheus extends Metrics {
  /** The value of `content-type` for the text. */
  readonly contentType: string;
  /** All metrics in the text format of Prometheus, gauges with these values. */
  render(gauges: readonly Sample[]): Promise<string>;
}

export function createPrometheus(): Prometheus {
  return new PrometheusMetrics();
}

class PrometheusMetrics implements Prometheus {
  readonly #registry = new Registry();
  readonly #counters = this.#make(COUNTERS, (options) => new Counter(options));
  readonly #levels = this.#make(LEVELS, (options) => new Gauge(options));
  readonly #gauges = this.#make(GAUGES, (options) =>
    options.name.endsWith('_total') ? new Counter(options) : new Gauge(options),
  );
  readonly #durations = this.#make(DURATIONS, (options) => new Histogram(options));

  get contentType(): string {
    return this.#registry.contentType;
  }

  count<Name extends keyof Counters>(name: Name, labels: Counters[Name], by = 1): void {
    this.#counters[name].inc({ ...labels }, by);
  }

  observe<Name extends keyof Durations>(
    name: Name,
    labels: Durations[Name],
    seconds: number,
  ): void {
    this.#durations[name].observe({ ...labels }, seconds);
  }

  set<Name extends keyof Levels>(name: Name, labels: Levels[Name], value: number): void {
    this.#levels[name].set({ ...labels }, value);
  }

  render(gauges: readonly Sample[]): Promise<string> {
    for (const gauge of Object.values(this.#gauges)) gauge.reset();
    for (const { name, labels, value } of gauges) this.#gauges[name].inc({ ...labels }, value);
    return this.#registry.metrics();
  }

  /** Makes one metric of each definition. */
  #make<Name extends string, D extends Definition, Made>(
    definitions: Readonly<Record<Name, D>>,
    make: (options: Options<D>) => Made,
  ): Readonly<Record<Name, Made>> {
    const made = Object.entries<D>(definitions).map(([key, { labels, ...rest }]) => [
      key,
      make({ ...rest, labelNames: labels, registers: [this.#registry] }),
    ]);
    return Object.fromEntries(made) as Readonly<Record<Name, Made>>;
  }
}

type Options<D extends Definition> = Omit<D, 'labels'> & {
  readonly labelNames: readonly string[];
  readonly registers: Registry[];
};
