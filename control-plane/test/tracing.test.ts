import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../src/runtime/clock.ts';
import { attemptSpanId, traceIdOf } from '../src/runs/traceparent.ts';
import { openTelemetry, type Telemetry, type TelemetryOptions } from '../src/telemetry/open.ts';
import { noTracer } from '../src/telemetry/run-tracer.ts';
import { temporaryFolder } from './stage.ts';

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number };
}

const ref = { runId: 'run_1', attempt: 2, epoch: 3 };
const dispatchId = attemptSpanId(ref);

let folder: ReturnType<typeof temporaryFolder>;
let server: Server;
let endpoint: string;
let status: number;
let received: { readonly path: string; headers: IncomingHttpHeaders; readonly body: string }[];
let logged: string;

beforeEach(async () => {
  folder = temporaryFolder();
  [status, received, logged] = [200, [], ''];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ path: request.url ?? '', headers: request.headers, body });
      response.writeHead(status).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  folder.remove();
});

function open(
  options: TelemetryOptions = { otlpEndpoint: `${endpoint}/otlp/` },
): Promise<Telemetry> {
  const log = pino({}, { write: (line: string) => void (logged += line) });
  return openTelemetry(options, { instance: 'plane-1', clock: systemClock, log });
}

function spans(): Span[] {
  return received
    .flatMap(({ body }) => JSON.parse(body).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope: { spans: Span[] }) => scope.spans));
}

describe('the spans of a control plane', () => {
  it('are in the trace of the run, within the span that the offer names', async () => {
    const telemetry = await open();
    telemetry.tracer.offered(ref, 'rnr_1', 1_000);
    telemetry.tracer.answered(ref, 'accepted');
    const stored = { startedAt: 2_000, endedAt: 2_500, records: 3, bytes: 70 };
    telemetry.tracer.stored(ref, { ...stored, result: 'acknowledged' });
    telemetry.tracer.relayed(ref, { startedAt: 3_000, endedAt: 2_900 }, 'done');
    await telemetry.close();
    const [dispatch, ...parts] = spans();
    expect(dispatch).toMatchObject({
      name: 'dispatch',
      traceId: traceIdOf('run_1'),
      spanId: dispatchId,
      startTimeUnixNano: '1000000000',
    });
    expect(dispatch!.parentSpanId ?? '').toBe('');
    expect(parts.map(({ name }) => name)).toEqual(['offer', 'store', 'relay']);
    for (const { traceId, parentSpanId, spanId } of parts) {
      expect([traceId, parentSpanId]).toEqual([traceIdOf('run_1'), dispatchId]);
      expect(spanId).not.toBe(dispatchId);
    }
    expect(parts[1]).toMatchObject({ endTimeUnixNano: '2500000000' });
    expect(parts[2]).toMatchObject({ endTimeUnixNano: '3000000000' });
    expect(received[0]!.path).toBe('/otlp/v1/traces');
    for (const word of ['hybrid-control-plane', 'plane-1', 'rnr_1', 'run_1'])
      expect(received[0]!.body).toContain(word);
  });

  it('are errors when an offer or a batch is rejected, or a relay fails', async () => {
    const telemetry = await open();
    telemetry.tracer.offered(ref, 'rnr_1', 1_000);
    telemetry.tracer.answered(ref, 'rejected');
    const part = { startedAt: 2_000, endedAt: 2_500 };
    telemetry.tracer.stored(ref, { ...part, records: 3, bytes: 70, result: 'rejected' });
    telemetry.tracer.relayed(ref, part, 'failed');
    await telemetry.close();
    expect(spans().map(({ name, status: { code } }) => [name, code ?? 0])).toEqual([
      ['dispatch', 0],
      ['offer', 2],
      ['store', 2],
      ['relay', 2],
    ]);
  });

  it('have no part for an answer to an offer of an earlier process, or for a second answer', async () => {
    const telemetry = await open();
    telemetry.tracer.answered(ref, 'accepted');
    telemetry.tracer.offered(ref, 'rnr_1', 1_000);
    telemetry.tracer.answered(ref, 'accepted');
    telemetry.tracer.answered(ref, 'withdrawn');
    await telemetry.close();
    expect(spans().map(({ name }) => name)).toEqual(['dispatch', 'offer']);
  });
});

describe('the collector of a control plane', () => {
  it('gets the headers of a private file, which are in no log', async () => {
    const file = `${folder.path}/headers`;
    writeFileSync(file, '# collector\nAuthorization: Bearer hunter22\n', { mode: 0o600 });
    status = 401;
    const telemetry = await open({ otlpEndpoint: endpoint, otlpHeadersFile: file });
    for (let times = 0; times < 3; times++) telemetry.tracer.offered(ref, 'rnr_1', 1_000);
    await telemetry.close();
    expect(received[0]!.headers).toMatchObject({ authorization: 'Bearer hunter22' });
    expect(logged.match(/failed to send telemetry/g)).toHaveLength(1);
    expect(logged).not.toContain('hunter22');
  });

  it('may be away: the control plane ends all the same', async () => {
    const telemetry = await open({ otlpEndpoint: 'http://127.0.0.1:9' });
    telemetry.tracer.offered(ref, 'rnr_1', 1_000);
    await telemetry.close();
    expect(logged).toContain('failed to send telemetry');
  });

  it.each(['hunter22', 'A B: hunter22', ': hunter22'])(
    'is not used with a headers file that has a line %j',
    async (line) => {
      const file = `${folder.path}/headers`;
      writeFileSync(file, `Fine: yes\n${line}\n`, { mode: 0o600 });
      const opened = open({ otlpEndpoint: endpoint, otlpHeadersFile: file });
      await expect(opened).rejects.toMatchObject({
        code: 'USAGE',
        message: expect.stringMatching(/^line 2 of (?!.*hunter)/),
      });
    },
  );

  it('is not used with a headers file that others can read, or that is missing', async () => {
    const file = `${folder.path}/headers`;
    const opened = (): Promise<Telemetry> =>
      open({ otlpEndpoint: endpoint, otlpHeadersFile: file });
    await expect(opened()).rejects.toMatchObject({ code: 'USAGE' });
    writeFileSync(file, 'X: y\n');
    chmodSync(file, 0o644);
    await expect(opened()).rejects.toThrow('others can read');
  });

  it('is off unless it is configured', async () => {
    expect((await open({})).tracer).toBe(noTracer);
  });
});
