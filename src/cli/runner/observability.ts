import { sourceNetwork } from '../../config/network-settings.ts';
import type { RunnerConfig } from '../../config/runner-config.ts';
import { createConnect } from '../../../foundation/src/network/open.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import { noMetrics, type Metrics } from '../../../foundation/src/logging/metrics.ts';
import { noTracer, type Tracer } from '../../../foundation/src/logging/tracer.ts';
import { JOB_KINDS } from '../../../foundation/src/domain/job.ts';
import { OUTCOME_STATUSES } from '../../../foundation/src/domain/record.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { localErrorFields } from '../../../foundation/src/runtime/error-fields.ts';
import type { MetricsPages } from '../../observability/metrics/server.ts';
import {
  formatListenAddress,
  type ListenAddress,
} from '../../observability/metrics/listen-address.ts';
import type { ReadGauges } from '../../observability/metrics/table.ts';
import { MANAGER_TYPES } from '../../secrets/managers/registry.ts';
import { PROVIDER_NAMES } from '../../secrets/providers/registry.ts';
import { version } from '../version.ts';

/** What the running service shows about itself. */
export interface Shown extends Pick<MetricsPages, 'live' | 'ready'> {
  readonly gauges: ReadGauges;
}

/** Metrics and traces. Loads nothing and takes nothing while both are off. */
export interface Observability {
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  /** Shows the service until the returned function is called. Never rejects. */
  show(shown: Shown): Promise<() => Promise<void>>;
}

/** Throws the codes of files that the settings name. */
export async function openObservability(
  config: Pick<RunnerConfig, 'metrics' | 'telemetry' | 'network' | 'name'>,
  logger: Logger,
): Promise<Observability> {
  const { listen } = config.metrics;
  const { endpoint } = config.telemetry.otlp;
  const exporters = [
    ...(listen === undefined ? [] : [await openPrometheus(listen, logger)]),
    ...(endpoint === undefined ? [] : [await openCollector(endpoint, config, logger)]),
  ];
  const all = exporters.map(({ metrics }) => metrics);
  const metrics = all.length === 0 ? noMetrics : together(all);
  startAtZero(metrics);
  return {
    metrics,
    tracer: exporters.at(-1)?.tracer ?? noTracer,
    show: async (shown) => {
      const hides = await Promise.all(exporters.map((exporter) => exporter.show(shown)));
      return async () => void (await Promise.all(hides.map((hide) => hide())));
    },
  };
}

/** A port that is in use must not keep the runner from its work, so it is logged. */
async function openPrometheus(listen: ListenAddress, logger: Logger): Promise<Observability> {
  const { createPrometheus } = await import('../../observability/metrics/prometheus.ts');
  const { serveMetrics } = await import('../../observability/metrics/server.ts');
  const prometheus = createPrometheus();
  return {
    metrics: prometheus,
    tracer: noTracer,
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

async function openCollector(
  endpoint: string,
  config: Pick<RunnerConfig, 'telemetry' | 'network' | 'name'>,
  logger: Logger,
): Promise<Observability> {
  const { openOtlp } = await import('../../observability/otlp/open.ts');
  const { readHeadersFile } = await import('../../observability/otlp/headers-file.ts');
  const { headersFile } = config.telemetry.otlp;
  const otlp = openOtlp({
    endpoint,
    headers: headersFile === undefined ? {} : await readHeadersFile(headersFile),
    connect: createConnect(await sourceNetwork(config)),
    clock: systemClock,
    logger,
    name: config.name,
    version: version(),
  });
  return {
    metrics: otlp.metrics,
    tracer: otlp.tracer,
    show: ({ gauges }) => {
      otlp.observe(gauges);
      return Promise.resolve(() => otlp.close());
    },
  };
}

function together(all: readonly Metrics[]): Metrics {
  return {
    count: (...counted) => all.forEach((each) => each.count(...counted)),
    observe: (...observed) => all.forEach((each) => each.observe(...observed)),
    set: (...level) => all.forEach((each) => each.set(...level)),
  };
}

/** A counter that appears with its first event would hide that event from rates. */
function startAtZero(metrics: Metrics): void {
  metrics.count('offers', { answer: 'accepted' }, 0);
  metrics.count('auditSyslogGaps', {}, 0);
  for (const kind of JOB_KINDS)
    for (const outcome of [...OUTCOME_STATUSES, 'dropped'] as const)
      metrics.count('attempts', { kind, outcome }, 0);
  for (const provider of [...PROVIDER_NAMES, ...MANAGER_TYPES])
    for (const result of ['found', 'failed'])
      metrics.count('secretResolutions', { provider, result }, 0);
  for (const result of ['unknown', 'denied'])
    metrics.count('secretResolutions', { provider: 'none', result }, 0);
  for (const limit of ['near', 'reached'] as const) metrics.count('secretReadAlarms', { limit }, 0);
}
