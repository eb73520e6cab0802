import type { Logger } from 'pino';
import type { Clock } from '../runtime/clock.ts';
import { version } from '../runtime/program.ts';
import { noTracer, type RunTracer } from './run-tracer.ts';

export interface TelemetryOptions {
  readonly otlpEndpoint?: string;
  readonly otlpHeadersFile?: string;
}

export interface Telemetry {
  readonly tracer: RunTracer;
  /** Sends what is waiting, for a few seconds. Never rejects. */
  close(): Promise<void>;
}

const CLOSE_MS = 3_000;

/** Loads the SDK only if a collector is configured. Throws USAGE for an unusable headers file. */
export async function openTelemetry(
  { otlpEndpoint, otlpHeadersFile }: TelemetryOptions,
  parts: { readonly instance: string; readonly clock: Clock; readonly log: Logger },
): Promise<Telemetry> {
  if (otlpEndpoint === undefined) return { tracer: noTracer, close: () => Promise.resolve() };
  const { readHeadersFile } = await import('./headers-file.ts');
  const { sendTo } = await import('./collector.ts');
  const { createOtlpTracer } = await import('./otlp-tracer.ts');
  const headers = otlpHeadersFile === undefined ? {} : await readHeadersFile(otlpHeadersFile);
  const send = sendTo({ endpoint: otlpEndpoint, headers, log: parts.log });
  const tracer = createOtlpTracer({ ...parts, version: version(), send });
  return { tracer, close: () => withinLimit(tracer.close(), parts.clock) };
}

async function withinLimit(work: Promise<void>, clock: Clock): Promise<void> {
  const patience = new AbortController();
  await Promise.race([work.catch(() => undefined), clock.sleep(CLOSE_MS, patience.signal)]);
  patience.abort();
}
