import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OtlpCollector, type ReceivedSpan } from '../../support/otlp-collector.ts';
import { PLANTED, plantSecrets, runPlanted } from '../../support/planted.ts';
import { found } from '../../support/secret-search.ts';
import { writeConfig } from '../../support/stage-setup.ts';
import { Stage } from '../../support/stage.ts';

const AUTHORITY = 'collector.example.com:4318';

let stage: Stage;
let collector: OtlpCollector;
let run: string;

beforeAll(async () => {
  collector = await OtlpCollector.start();
  stage = await Stage.open({
    objects: 30,
    latencyMs: 5,
    controlPlaneArgs: ['--max-attempts', '1', '--otlp-endpoint', `${collector.endpoint}/plane`],
  });
  await plantSecrets(stage);
  writeConfig(stage.place, stage.place.configFile, ({ network }) => ({
    telemetry: { otlp: { endpoint: `http://${AUTHORITY}` } },
    network: {
      ...network,
      connectTo: [...network.connectTo, `${AUTHORITY}=${new URL(collector.endpoint).host}`],
    },
  }));
  await stage.startRunner();
  run = await stage.startRun();
  await stage.ended(run);
  await runPlanted(stage, 0);
  await stage.stopRunner();
  await stage.controlPlaneProgram.end('SIGTERM');
});

afterAll(async () => {
  await stage.close();
  await collector.close();
});

function spanOf(name: string, of = run): ReceivedSpan {
  const own = collector
    .spans()
    .filter(({ attributes }) => attributes.some(({ value }) => value.stringValue === of));
  const [whole] = own;
  const spans = collector.spans().filter(({ traceId }) => traceId === whole?.traceId);
  return spans.find((span) => span.name === name)!;
}

function attributeOf({ attributes }: ReceivedSpan, name: string): string | undefined {
  return attributes.find(({ key }) => key === name)?.value.stringValue;
}

describe('the trace of a real run', () => {
  it('is the one that the control plane named in its offer', () => {
    const logged = /"trace":"(?<trace>[0-9a-f]{32})","msg":"run offered"/;
    const { trace } = logged.exec(stage.controlPlaneProgram.output)!.groups!;
    expect(spanOf('attempt')).toMatchObject({
      traceId: trace,
      parentSpanId: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    });
  });

  it('has the attempt, its phases in the worker, and the delivery', () => {
    const attempt = spanOf('attempt');
    const parts = ['sign-in', 'describe', 'mapping', 'delivery'].map((name) => spanOf(name));
    for (const part of parts) {
      expect(part).toMatchObject({ traceId: attempt.traceId, parentSpanId: attempt.spanId });
      const began = Number(BigInt(part.startTimeUnixNano) - BigInt(attempt.startTimeUnixNano));
      expect(began / 1e6).toBeGreaterThanOrEqual(-5);
      expect(BigInt(part.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(part.startTimeUnixNano));
    }
    const [signIn, describePhase] = parts as [ReceivedSpan, ReceivedSpan];
    expect(BigInt(signIn.endTimeUnixNano)).toBeLessThanOrEqual(
      BigInt(describePhase.startTimeUnixNano),
    );
  });

  it('joins control plane, link and worker', () => {
    const [dispatch, offer, store] = ['dispatch', 'offer', 'store'].map((name) => spanOf(name));
    const attempt = spanOf('attempt');
    expect(dispatch!.parentSpanId ?? '').toBe('');
    for (const span of [attempt, offer!, store!])
      expect(span).toMatchObject({ traceId: dispatch!.traceId, parentSpanId: dispatch!.spanId });
    expect(spanOf('describe').parentSpanId).toBe(attempt.spanId);
    expect(BigInt(dispatch!.endTimeUnixNano)).toBeLessThanOrEqual(
      BigInt(attempt.startTimeUnixNano),
    );
    expect(attributeOf(offer!, 'hybrid.answer')).toBe('accepted');
    expect(attributeOf(store!, 'hybrid.result')).toBe('acknowledged');
    const planes = collector.received.filter(({ path }) => path === '/plane/v1/traces');
    expect(planes.length).toBeGreaterThan(0);
    for (const { body } of planes) expect(body).toContain('hybrid-control-plane');
  });

  it('comes with the metrics', () => {
    expect(collector.metricNames()).toContain('hybrid_runner_connected');
    expect(collector.metricNames()).toContain('hybrid_runner_delivered_records_total');
  });

  it('contains no planted secret, no reference, no name and no host', () => {
    const all = collector.received.map(({ headers, body }) => JSON.stringify(headers) + body);
    expect(all.length).toBeGreaterThan(1);
    const text = all.join('\n');
    expect(found(Buffer.from(text), PLANTED)).toEqual([]);
    for (const word of ['planted', 'canary', 'secret:', 'Account', 'acme', 'sandbox'])
      expect(text).not.toContain(word);
  });
});
