import {
  SpanStatusCode,
  TraceFlags,
  context,
  isSpanContextValid,
  trace,
  type Context,
  type Span,
  type Tracer as OtelTracer,
} from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { Resource } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type {
  AttemptTrace,
  TracedAttempt,
  Tracer,
} from '../../../foundation/src/logging/tracer.ts';
import type { OtlpClient } from './client.ts';

/** Outcomes that are no error of the attempt. */
const WELL: ReadonlySet<string> = new Set(['success', 'partialSuccess', 'cancelled']);

const LIMITS = {
  maxQueueSize: 1024,
  maxExportBatchSize: 256,
  scheduledDelayMillis: 5_000,
  exportTimeoutMillis: 10_000,
};

export interface Traces {
  readonly tracer: Tracer;
  /** Sends what is waiting, once. */
  close(): Promise<void>;
}

/** Spans of attempts, as OTLP. */
export function createTraces(client: OtlpClient, resource: Resource): Traces {
  const exporter = {
    export: (...[spans, done]: Parameters<SpanExport>): void => {
      void client.send('traces', JsonTraceSerializer.serializeRequest(spans), done);
    },
    shutdown: () => Promise.resolve(),
  };
  const provider = new TracerProvider({
    resource,
    sampler: new AlwaysOnSampler(),
    spanProcessors: [new BatchSpanProcessor({ ...LIMITS, exporter })],
  });
  const tracer = provider.getTracer('hybrid-runner');
  return {
    tracer: { begin: (attempt) => new OtlpAttemptTrace(tracer, attempt) },
    close: () => provider.shutdown(),
  };
}

type SpanExport = ConstructorParameters<typeof BatchSpanProcessor>[0]['exporter']['export'];

class OtlpAttemptTrace implements AttemptTrace {
  readonly #tracer: OtelTracer;
  readonly #span: Span;
  readonly #context: Context;

  constructor(tracer: OtelTracer, { runId, attempt, kind, traceparent }: TracedAttempt) {
    this.#tracer = tracer;
    const attributes = { 'hybrid.run': runId, 'hybrid.attempt': attempt, 'hybrid.kind': kind };
    this.#span = tracer.startSpan('attempt', { attributes }, parentOf(traceparent));
    this.#context = trace.setSpan(context.active(), this.#span);
  }

  part(name: string, startedAt: number, endedAt: number): void {
    const span = this.#tracer.startSpan(name, { startTime: new Date(startedAt) }, this.#context);
    span.end(new Date(Math.max(startedAt, endedAt)));
  }

  ended(outcome: string): void {
    this.#span.setAttribute('hybrid.outcome', outcome);
    if (!WELL.has(outcome)) this.#span.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
    this.#span.end();
  }
}

/** Of what the control plane sent, only the two ids: its flags decide nothing here. */
function parentOf(traceparent: string | undefined): Context {
  const [, traceId = '', spanId = ''] = traceparent?.split('-') ?? [];
  const parent = { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(parent)
    ? trace.setSpanContext(context.active(), parent)
    : context.active();
}
