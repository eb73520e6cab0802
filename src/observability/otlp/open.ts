import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Metrics } from '../../../foundation/src/logging/metrics.ts';
import type { Tracer } from '../../../foundation/src/logging/tracer.ts';
import { NEVER } from '../../../foundation/src/runtime/abort.ts';
import { sleepUnlessAborted } from '../../../foundation/src/runtime/wait.ts';
import type { ReadGauges } from '../metrics/table.ts';
import { OtlpClient, type OtlpClientOptions } from './client.ts';
import { createOtlpMetrics } from './metrics.ts';
import { createTraces } from './traces.ts';

export interface OtlpOptions extends OtlpClientOptions {
  /** Name of the runner. */
  readonly name: string;
  readonly version: string;
}

export interface Otlp {
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  observe(read: ReadGauges): void;
  /** Sends what is waiting, for a few seconds. Never rejects. */
  close(): Promise<void>;
}

const CLOSE_MS = 3_000;

/** Traces and metrics for a collector. */
export function openOtlp({ name, version, ...options }: OtlpOptions): Otlp {
  const resource = resourceFromAttributes({
    'service.name': 'hybrid-runner',
    'service.instance.id': name,
    'service.version': version,
  });
  const client = new OtlpClient(options);
  const traces = createTraces(client, resource);
  const metrics = createOtlpMetrics(client, resource);
  return {
    metrics: metrics.metrics,
    observe: (read) => metrics.observe(read),
    tracer: traces.tracer,
    close: async () => {
      const sent = Promise.allSettled([traces.close(), metrics.close()]);
      const late = sleepUnlessAborted(options.clock, CLOSE_MS, NEVER);
      await Promise.race([sent, late]);
      await client.close();
    },
  };
}
