import type { BatchObservableResult, Meter, Observable } from '@opentelemetry/api';
import { JsonMetricsSerializer } from '@opentelemetry/otlp-transformer';
import type { Resource } from '@opentelemetry/resources';
import {
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import type { Metrics } from '../../../foundation/src/logging/metrics.ts';
import {
  COUNTERS,
  DURATIONS,
  GAUGES,
  LEVELS,
  type Definition,
  type ReadGauges,
} from '../metrics/table.ts';
import type { OtlpClient } from './client.ts';

const INTERVAL_MS = 60_000;
const TIMEOUT_MS = 10_000;

export interface OtlpMetrics {
  readonly metrics: Metrics;
  /** Reads the gauges from now on, at each export. */
  observe(read: ReadGauges): void;
  /** Sends the last figures, once. */
  close(): Promise<void>;
}

/** The same metrics as for Prometheus, as OTLP, once a minute. */
export function createOtlpMetrics(client: OtlpClient, resource: Resource): OtlpMetrics {
  const exporter: PushMetricExporter = {
    export: (metrics, done) => {
      void client.send('metrics', JsonMetricsSerializer.serializeRequest(metrics), done);
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: INTERVAL_MS,
    exportTimeoutMillis: TIMEOUT_MS,
  });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter('hybrid-runner');
  return {
    metrics: metricsOf(meter),
    observe: (read) => observeGauges(meter, read),
    close: () => provider.shutdown(),
  };
}

function metricsOf(meter: Meter): Metrics {
  const counters = each(COUNTERS, ({ name, help }) =>
    meter.createCounter(name, { description: help }),
  );
  const levels = each(LEVELS, ({ name, help }) => meter.createGauge(name, { description: help }));
  const durations = each(DURATIONS, ({ name, help, buckets }) =>
    meter.createHistogram(name, {
      description: help,
      unit: 's',
      advice: { explicitBucketBoundaries: buckets },
    }),
  );
  return {
    count: (name, labels, by = 1) => counters[name].add(by, { ...labels }),
    set: (name, labels, value) => levels[name].record(value, { ...labels }),
    observe: (name, labels, seconds) => durations[name].record(seconds, { ...labels }),
  };
}

function observeGauges(meter: Meter, read: ReadGauges): void {
  const gauges = each(GAUGES, ({ name, help }): Observable =>
    name.endsWith('_total')
      ? meter.createObservableCounter(name, { description: help })
      : meter.createObservableGauge(name, { description: help }),
  );
  const callback = async (result: BatchObservableResult): Promise<void> => {
    for (const { name, labels, value } of await read())
      result.observe(gauges[name], value, { ...labels });
  };
  meter.addBatchObservableCallback(callback, Object.values(gauges));
}

/** Makes one instrument of each definition. */
function each<Name extends string, D extends Definition, Made>(
  definitions: Readonly<Record<Name, D>>,
  make: (definition: D) => Made,
): Readonly<Record<Name, Made>> {
  const made = Object.entries<D>(definitions).map(([key, value]) => [key, make(value)]);
  return Object.fromEntries(made) as Readonly<Record<Name, Made>>;
}
