import type { RunnerConfig } from '../../config/runner-config.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { noMetrics, type Metrics } from '../../../foundation/src/logging/metrics.ts';
import { JOB_KINDS } from '../../../foundation/src/domain/job.ts';
import { OUTCOME_STATUSES } from '../../../foundation/src/domain/record.ts';
import { localErrorFields } from '../../../foundation/src/runtime/error-fields.ts';
import type { MetricsPages } from '../../observability/metrics/server.ts';
import {
  formatListenAddress,
  type ListenAddress,
} from '../../observability/metrics/listen-address.ts';
import type { ReadGauges } from '../../observability/metrics/table.ts';
import { PROVIDER_NAMES } from '../../secrets/providers/registry.ts';

/** What the running service shows about itself. */
export interface Shown extends Pick<MetricsPages, 'live' | 'ready'> {
  readonly gauges: ReadGauges;
}

/** Metrics for programs that watch the runner. Loads nothing and takes nothing while it is off. */
export interface Observability {
  readonly metrics: Metrics;
  /** Shows the service until the returned function is called. Never rejects. */
  show(shown: Shown): Promise<() => Promise<void>>;
}

const off: Observability = {
  metrics: noMetrics,
  show: () => Promise.resolve(() => Promise.resolve()),
};

export async function openObservability(
  { metrics: { listen } }: Pick<RunnerConfig, 'metrics'>,
  logger: Logger,
): Promise<Observability> {
  return listen === undefined ? off : await openPrometheus(listen, logger);
}

/** A port that is in use must not keep the runner from its work, so it is logged. */
async function openPrometheus(listen: ListenAddress, logger: Logger): Promise<Observability> {
  const { createPrometheus } = await import('../../observability/metrics/prometheus.ts');
  const { serveMetrics } = await import('../../observability/metrics/server.ts');
  const prometheus = createPrometheus();
  startAtZero(prometheus);
  return {
    metrics: prometheus,
    show: async ({ gauges, ...probes }) => {
      const { contentType } = prometheus;
      const metrics = async (): Promise<string> => prometheus.render(await gauges());
      try {
        const server = await serveMetrics(listen, { contentType, metrics, ...probes });
        const address = formatListenAddress(server.address);
        logger.log('info', 'metrics served', { address });
        return () => server.close();
      } catch (thrown) {
        logger.log('error', 'metrics not available', localErrorFields(thrown));
        return () => Promise.resolve();
      }
    },
  };
}

/** A counter that appears with its first event would hide that event from rates. */
function startAtZero(metrics: Metrics): void {
  metrics.count('offers', { answer: 'accepted' }, 0);
  for (const kind of JOB_KINDS)
    for (const outcome of [...OUTCOME_STATUSES, 'dropped'] as const)
      metrics.count('attempts', { kind, outcome }, 0);
  for (const provider of PROVIDER_NAMES)
    for (const result of ['found', 'failed'])
      metrics.count('secretResolutions', { provider, result }, 0);
  for (const result of ['unknown', 'denied'])
    metrics.count('secretResolutions', { provider: 'none', result }, 0);
}
