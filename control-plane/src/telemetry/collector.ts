import { ExportResultCode } from '@opentelemetry/core';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import type { Logger } from 'pino';

type SpanExport = ConstructorParameters<typeof BatchSpanProcessor>[0]['exporter']['export'];
/** Calls back with the result, and never rejects. */
export type SendSpans = (...call: Parameters<SpanExport>) => Promise<void>;

export interface CollectorOptions {
  /** `https://collector.example.com:4318`, with or without a path. */
  readonly endpoint: string;
  /** For every request. Their values can be credentials, which are in no log line. */
  readonly headers: Readonly<Record<string, string>>;
  readonly log: Logger;
}

const CALL_MS = 10_000;

/** Sends spans by OTLP over HTTP, in its JSON form. Logs when that begins to work or fail. */
export function sendTo({ endpoint, headers, log }: CollectorOptions): SendSpans {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  let works: boolean | undefined;
  const note = (now: boolean, reason?: string): void => {
    if (works === now) return;
    works = now;
    if (now) log.info('telemetry sent');
    else log.warn({ error: reason }, 'failed to send telemetry; retrying');
  };
  const post = async (body: Uint8Array<ArrayBuffer>): Promise<void> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(CALL_MS),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the collector responded with status ${response.status}`);
  };
  const sent = async (body: Uint8Array | undefined): Promise<boolean> => {
    if (body === undefined) return false;
    try {
      await post(new Uint8Array(body));
      note(true);
      return true;
    } catch (thrown) {
      note(false, reasonOf(thrown));
      return false;
    }
  };
  return async (spans, done) => {
    const isSent = await sent(JsonTraceSerializer.serializeRequest(spans));
    done({ code: isSent ? ExportResultCode.SUCCESS : ExportResultCode.FAILED });
  };
}

/** `fetch` puts what happened into the cause. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error ? thrown.cause.message : thrown.message;
}
