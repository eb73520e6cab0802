import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LinkStage, ref } from '../../test/support/link/link-stage.ts';
import type { Metrics } from '../../foundation/src/logging/metrics.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';

/** What was counted, as `name{labels}`: how much. */
class RecordedMetrics implements Metrics {
  readonly counts: Record<string, number> = {};
  readonly durations: [string, number][] = [];
  readonly levels: Record<string, number> = {};

  count(name: string, labels: object, by = 1): void {
    const key = `${name} ${Object.values(labels).join(' ')}`.trim();
    this.counts[key] = (this.counts[key] ?? 0) + by;
  }

  observe(name: string, _labels: object, seconds: number): void {
    this.durations.push([name, seconds]);
  }

  set(name: string, _labels: object, value: number): void {
    this.levels[name] = value;
  }
}

const run = ref('run-1');
let metrics: RecordedMetrics;
let stage: LinkStage;

beforeEach(() => {
  metrics = new RecordedMetrics();
});

afterEach(() => stage.close());

async function connected(options: ConstructorParameters<typeof LinkStage>[0] = {}): Promise<void> {
  stage = await new LinkStage({ metrics, ...options }).start().untilConnected();
}

describe('the metrics of a link', () => {
  it('count an attempt from its offer to the acknowledgement of its records', async () => {
    await connected();
    const worker = await stage.startRun(run);
    worker.write(3);
    await stage.clock.advance(2_000);
    worker.figures({ figures: [], residentBytes: 1, outcome: 'partialSuccess' });
    worker.finish('partialSuccess');
    await stage.untilForgotten();
    const bytes = metrics.counts['bytesDelivered']!;
    expect(metrics.counts).toEqual({
      'offers accepted': 1,
      'attempts metadata partialSuccess': 1,
      recordsDelivered: 4,
      bytesDelivered: bytes,
    });
    expect(bytes).toBeGreaterThan(0);
    const [[name, seconds]] = metrics.durations as [[string, number]];
    expect(name).toBe('attemptDuration');
    expect(seconds).toBeGreaterThanOrEqual(2);
    expect(seconds).toBeLessThan(60);
  });

  it('count a worker that dies as interrupted, and one whose records are rejected as dropped', async () => {
    await connected();
    (await stage.startRun(run)).exit();
    await stage.until('counted', () => metrics.counts['attempts metadata interrupted'] === 1);
    await stage.untilForgotten();
    await stage.startRun(ref('run-2'));
    await stage.controlPlane.offer(ref('run-2', 2, 2));
    await stage.until('counted', () => metrics.counts['attempts metadata dropped'] === 1);
  });

  it('count a rejection by its code', async () => {
    const denied = new RunnerError('POLICY_DENIED', 'not permitted');
    await connected({ checkOffer: async () => denied });
    await stage.controlPlane.offer(run);
    await stage.until('answered', () => metrics.counts['offers POLICY_DENIED'] === 1);
  });

  it('count what ended a connection, and connections after the first', async () => {
    await connected();
    expect(metrics.counts).toEqual({});
    stage.unreachable = new RunnerError('NETWORK_UNREACHABLE', 'no route');
    await stage.controlPlane.channel.close('cut');
    await stage.until(
      'failed',
      () => metrics.counts['connectionFailures NETWORK_UNREACHABLE']! > 1,
    );
    stage.unreachable = undefined;
    await stage.until('connected', () => metrics.counts['reconnects'] === 1);
    expect(metrics.counts['connectionFailures NETWORK_RESET']).toBe(1);
  });

  it('take what a worker counted, and show its memory while it runs', async () => {
    await connected();
    const worker = await stage.startRun(run);
    const labels = { connector: 'salesforce' };
    const secret = { provider: 'vault', result: 'found' };
    for (let round = 1; round <= 2; round++)
      worker.figures({
        residentBytes: round * 1000,
        figures: [
          { name: 'apiCalls', labels, value: 5 },
          { name: 'apiCallsRemaining', labels, value: 100 - round },
          { name: 'secretResolutions', labels: secret, value: 1 },
        ],
      });
    expect(metrics.counts).toMatchObject({
      'apiCalls salesforce': 10,
      'secretResolutions vault found': 2,
    });
    expect(metrics.levels).toEqual({ apiCallsRemaining: 98 });
    expect(stage.link.status().attempts).toMatchObject([{ residentBytes: 2000 }]);
    worker.exit();
    await stage.until('ended', () => stage.link.status().attempts[0]?.residentBytes === undefined);
  });
});
