import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OtlpCollector } from '../../../test/support/otlp-collector.ts';
import type { RunId } from '../../../foundation/src/domain/ids.ts';
import { createConnect } from '../../../foundation/src/network/open.ts';
import { systemClock } from '../../../foundation/src/runtime/clock.ts';
import { COUNTERS, DURATIONS, GAUGES } from '../metrics/table.ts';
import { openOtlp, type Otlp } from './open.ts';

const network = { connectTo: [], proxy: undefined, noProxy: [], extraCa: [], publicCas: true };
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

let collector: OtlpCollector;
let logged: string[];

beforeEach(async () => {
  collector = await OtlpCollector.start();
  logged = [];
});

afterEach(() => collector.close());

function open(endpoint = collector.endpoint): Otlp {
  const logger = {
    log: (level: string, message: string) => void logged.push(`${level}: ${message}`),
    child: () => logger,
  };
  return openOtlp({
    endpoint,
    headers: { authorization: 'Bearer hunter22' },
    connect: createConnect(network),
    clock: systemClock,
    logger,
    name: 'runner-1',
    version: '1.2.3',
  });
}

function attempt(traceparent?: string): Parameters<Otlp['tracer']['begin']>[0] {
  return { runId: 'run-1' as RunId, attempt: 2, kind: 'metadata', traceparent };
}

describe('telemetry by OTLP', () => {
  it('has a span for an attempt in the trace of its run, and one for each part within it', async () => {
    const otlp = open(`${collector.endpoint}/otlp`);
    const trace = otlp.tracer.begin(attempt(`00-${TRACE}-${SPAN}-01`));
    trace.part('sign-in', 1_000, 2_500);
    trace.ended('success');
    trace.part('delivery', 3_000, 2_000);
    await otlp.close();
    const [signIn, whole, delivery] = collector.spans();
    expect(whole).toMatchObject({ name: 'attempt', traceId: TRACE, parentSpanId: SPAN });
    expect(signIn).toMatchObject({
      name: 'sign-in',
      traceId: TRACE,
      parentSpanId: whole!.spanId,
      startTimeUnixNano: '1000000000',
      endTimeUnixNano: '2500000000',
    });
    expect(delivery).toMatchObject({ parentSpanId: whole!.spanId });
    expect(delivery!.endTimeUnixNano).toBe('3000000000');
    const { path, headers, body } = collector.received.find((each) =>
      each.path.includes('traces'),
    )!;
    expect(path).toBe('/otlp/v1/traces');
    expect(headers).toMatchObject({
      authorization: 'Bearer hunter22',
      'content-type': 'application/json',
    });
    for (const value of ['hybrid-runner', 'runner-1', '1.2.3', 'run-1'])
      expect(body).toContain(value);
    expect(logged).toEqual(['info: telemetry sent']);
  });

  it('records every attempt, also one whose trace context asks not to, or is missing', async () => {
    const otlp = open();
    otlp.tracer.begin(attempt(`00-${TRACE}-${SPAN}-00`)).ended('failed');
    otlp.tracer.begin(attempt()).ended('success');
    await otlp.close();
    const [unsampled, own] = collector.spans();
    expect(unsampled).toMatchObject({ traceId: TRACE, status: { code: 2 } });
    expect(own!.traceId).not.toBe(TRACE);
    expect(own!.parentSpanId ?? '').toBe('');
  });

  it('has the metrics that Prometheus gets', async () => {
    const otlp = open();
    otlp.metrics.count('offers', { answer: 'accepted' });
    otlp.metrics.observe('attemptDuration', { kind: 'metadata' }, 3);
    otlp.observe(() =>
      Promise.resolve([
        { name: 'cpu', value: 3 },
        { name: 'connected', value: 1 },
      ]),
    );
    await otlp.close();
    expect([...collector.metricNames()].sort()).toEqual(
      [
        COUNTERS.offers.name,
        DURATIONS.attemptDuration.name,
        GAUGES.cpu.name,
        GAUGES.connected.name,
      ].sort(),
    );
  });

  it('logs that a collector rejects or cannot be reached, once and without its headers', async () => {
    collector.status = 401;
    const refused = open();
    for (let count = 0; count < 3; count++) refused.tracer.begin(attempt()).ended('success');
    await refused.close();
    const gone = open('http://127.0.0.1:9');
    gone.tracer.begin(attempt()).ended('success');
    const started = performance.now();
    await gone.close();
    expect(performance.now() - started).toBeLessThan(10_000);
    const failed = 'warn: failed to send telemetry; retrying';
    expect(logged).toEqual([failed, failed]);
    expect(logged.join()).not.toContain('hunter22');
  });
});
