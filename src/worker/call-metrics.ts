import type { Allocation } from '../connectors/connector.ts';
import type { Metrics } from '../../foundation/src/logging/metrics.ts';

/** Adds calls to a source; `name` is that of `ConnectorContext.count`. */
export function countCalls(metrics: Metrics, type: string, name: string, by: number): void {
  if (name === 'apiCalls') metrics.count('apiCalls', { connector: type.toLowerCase() }, by);
}

export function setAllocation(metrics: Metrics, type: string, { used, limit }: Allocation): void {
  const labels = { connector: type.toLowerCase() };
  metrics.set('apiCallsLimit', labels, limit);
  metrics.set('apiCallsRemaining', labels, Math.max(0, limit - used));
}
