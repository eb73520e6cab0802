import { describe, expect, it } from 'vitest';
import { createPrometheus } from './prometheus.ts';

/** The lines with values. */
async function valuesOf(prometheus: ReturnType<typeof createPrometheus>): Promise<string[]> {
  const text = await prometheus.render([]);
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('metrics for Prometheus', () => {
  it('add what is counted, keep what is set, and sort durations into buckets', async () => {
    const prometheus = createPrometheus();
    prometheus.count('offers', { answer: 'accepted' });
    prometheus.count('offers', { answer: 'accepted' }, 2);
    prometheus.count('offers', { answer: 'DISK_FULL' }, 0);
    prometheus.set('apiCallsRemaining', { connector: 'salesforce' }, 10);
    prometheus.set('apiCallsRemaining', { connector: 'salesforce' }, 7);
    prometheus.observe('attemptDuration', { kind: 'metadata' }, 20);
    const values = await valuesOf(prometheus);
    expect(values).toContain('hybrid_runner_offers_total{answer="accepted"} 3');
    expect(values).toContain('hybrid_runner_offers_total{answer="DISK_FULL"} 0');
    expect(values).toContain('hybrid_runner_source_api_calls_remaining{connector="salesforce"} 7');
    const duration = 'hybrid_runner_attempt_duration_seconds';
    expect(values).toContain(`${duration}_bucket{le="15",kind="metadata"} 0`);
    expect(values).toContain(`${duration}_bucket{le="30",kind="metadata"} 1`);
    expect(values).toContain(`${duration}_sum{kind="metadata"} 20`);
  });

  it('show each gauge as it is at the scrape, and none of an earlier one', async () => {
    const prometheus = createPrometheus();
    const first = await prometheus.render([
      { name: 'condition', labels: { code: 'DISK_FULL' }, value: 1 },
      { name: 'cpu', value: 3 },
    ]);
    expect(first).toContain('hybrid_runner_condition{code="DISK_FULL"} 1');
    expect(first).toContain('process_cpu_seconds_total 3');
    const second = await prometheus.render([{ name: 'cpu', value: 4 }]);
    expect(second).not.toContain('DISK_FULL');
    expect(second).toContain('process_cpu_seconds_total 4');
  });

  it('are apart from those of another instance', async () => {
    const [one, other] = [createPrometheus(), createPrometheus()];
    one.count('reconnects', {});
    expect(await valuesOf(other)).toContain('hybrid_runner_reconnects_total 0');
  });
});
