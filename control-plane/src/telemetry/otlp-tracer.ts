import {
  ROOT_CONTEXT,
  SpanStatusCode,
  TraceFlags,
  trace,
  type Attributes,
  type Context,
  type Tracer,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  TracerProvider,
  type IdGenerator,
} from '@opentelemetry/sdk-trace';
import { randomBytes } from 'node:crypto';
import type { AttemptRef } from '../link/frames.ts';
import { attemptSpanId, traceIdOf } from '../runs/traceparent.ts';
import type { Clock } from '../runtime/clock.ts';
import type { SendSpans } from './collector.ts';
import type { OfferAnswer, RunTracer, StoredPart, TracedPart } from './run-tracer.ts';

const LIMITS = {
  maxQueueSize: 1024,
  maxExportBatchSize: 256,
  scheduledDelayMillis: 5_000,
  exportTimeoutMillis: 10_000,
};
/** Unanswered offers whose beginning is remembered. */
const MAX_OPEN_OFFERS = 10_000;

export interface OtlpTracerOptions {
  readonly version: string;
  /** Names this control plane among others. */
  readonly instance: string;
  readonly clock: Clock;
  readonly send: SendSpans;
}

export interface OtlpTracer extends RunTracer {
  /** Sends what is waiting, once. */
  close(): Promise<void>;
}

/**
 * Spans for a collector. The ids of a dispatch follow from the run and its epoch: the offer names
 * them to the runner, whose spans are within.
 */
export function createOtlpTracer({
  version,
  instance,
  clock,
  send,
}: OtlpTracerOptions): OtlpTracer {
  const ids = new ChosenIds();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'hybrid-control-plane',
      'service.instance.id': instance,
      'service.version': version,
    }),
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanProcessors: [
      new BatchSpanProcessor({
        ...LIMITS,
        exporter: {
          export: (...call) => void send(...call),
          shutdown: () => Promise.resolve(),
        },
      }),
    ],
  });
  return new Spans(provider.getTracer('hybrid-control-plane'), ids, clock, () =>
    provider.shutdown(),
  );
}

class Spans implements OtlpTracer {
  readonly #tracer: Tracer;
  readonly #ids: ChosenIds;
  readonly #clock: Clock;
  readonly close: () => Promise<void>;
  /** When each unanswered offer was sent. */
  readonly #open = new Map<string, number>();

  constructor(tracer: Tracer, ids: ChosenIds, clock: Clock, close: () => Promise<void>) {
    this.#tracer = tracer;
    this.#ids = ids;
    this.#clock = clock;
    this.close = close;
  }

  offered(attempt: AttemptRef, runner: string, waitedSince: number): void {
    const now = this.#clock.now();
    this.#ids.choose(traceIdOf(attempt.runId), attemptSpanId(attempt));
    const part = { startedAt: waitedSince, endedAt: now };
    this.#record('dispatch', part, ROOT_CONTEXT, { ...named(attempt), 'hybrid.runner': runner });
    this.#open.set(keyOf(attempt), now);
    const [oldest] = this.#open.keys();
    if (oldest !== undefined && this.#open.size > MAX_OPEN_OFFERS) this.#open.delete(oldest);
  }

  answered(attempt: AttemptRef, answer: OfferAnswer): void {
    const startedAt = this.#open.get(keyOf(attempt));
    if (startedAt === undefined) return;
    this.#open.delete(keyOf(attempt));
    const part = { startedAt, endedAt: this.#clock.now() };
    const attributes = { ...named(attempt), 'hybrid.answer': answer };
    this.#record('offer', part, dispatchOf(attempt), attributes, answer !== 'accepted');
  }

  stored(attempt: AttemptRef, part: StoredPart): void {
    const { records, bytes, result } = part;
    const attributes = {
      ...named(attempt),
      'hybrid.records': records,
      'hybrid.bytes': bytes,
      'hybrid.result': result,
    };
    this.#record('store', part, dispatchOf(attempt), attributes, result === 'rejected');
  }

  relayed(attempt: AttemptRef, part: TracedPart, result: 'done' | 'failed'): void {
    const attributes = { ...named(attempt), 'hybrid.result': result };
    this.#record('relay', part, dispatchOf(attempt), attributes, result === 'failed');
  }

  #record(
    name: string,
    { startedAt, endedAt }: TracedPart,
    parent: Context,
    attributes: Attributes,
    isError = false,
  ): void {
    const options = { startTime: new Date(startedAt), attributes };
    const span = this.#tracer.startSpan(name, options, parent);
    if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(new Date(Math.max(startedAt, endedAt)));
  }
}

/** Random ids, except for the next root span once ids were chosen for it. */
class ChosenIds implements IdGenerator {
  #trace: string | undefined;
  #span: string | undefined;

  choose(traceId: string, spanId: string): void {
    this.#trace = traceId;
    this.#span = spanId;
  }

  generateTraceId(): string {
    const chosen = this.#trace;
    this.#trace = undefined;
    return chosen ?? randomBytes(16).toString('hex');
  }

  generateSpanId(): string {
    const chosen = this.#span;
    this.#span = undefined;
    return chosen ?? randomBytes(8).toString('hex');
  }
}

function dispatchOf(attempt: AttemptRef): Context {
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: traceIdOf(attempt.runId),
    spanId: attemptSpanId(attempt),
    traceFlags: TraceFlags.SAMPLED,
  });
}

function named({ runId, attempt, epoch }: AttemptRef): Attributes {
  return { 'hybrid.run': runId, 'hybrid.attempt': attempt, 'hybrid.epoch': epoch };
}

function keyOf({ runId, epoch }: AttemptRef): string {
  return `${runId}.${epoch}`;
}
