import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { HttpClient } from '../../../foundation/src/http/client.ts';
import type { Connect } from '../../../foundation/src/network/connect.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { localErrorFields } from '../../../foundation/src/runtime/error-fields.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';

export interface OtlpClientOptions {
  /** `https://collector.example.com:4318`, with or without a path; no slash at its end. */
  readonly endpoint: string;
  /** For every request. Their values can be credentials, which are in no log line. */
  readonly headers: Readonly<Record<string, string>>;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly logger: Logger;
}

const CALL_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Sends to a collector over the runner's own connections: proxy, CA, no redirects. */
export class OtlpClient {
  readonly #options: OtlpClientOptions;
  readonly #http: HttpClient;
  readonly #origin: string;
  readonly #path: string;
  #working: boolean | undefined;

  constructor(options: OtlpClientOptions) {
    const { connect, clock, endpoint } = options;
    const { origin, pathname } = new URL(endpoint);
    this.#options = options;
    this.#origin = origin;
    this.#path = pathname.replace(/\/+$/, '');
    this.#http = new HttpClient({
      connect,
      clock,
      tls: () => Promise.resolve({}),
      unexpected: 'NETWORK_RESET',
      allowPlaintext: true,
      maxSockets: 2,
      callMs: CALL_MS,
      maxBytes: MAX_ANSWER_BYTES,
    });
  }

  /**
   * Sends a request in the JSON form of OTLP and calls `done` with the result. Never rejects; a
   * change of the result is logged.
   */
  async send(
    signal: 'traces' | 'metrics',
    body: Uint8Array | undefined,
    done: (result: ExportResult) => void,
  ): Promise<void> {
    done(await this.#sent(signal, body));
  }

  async #sent(signal: 'traces' | 'metrics', body: Uint8Array | undefined): Promise<ExportResult> {
    if (body === undefined) return { code: ExportResultCode.FAILED };
    try {
      await this.#post(`${this.#path}/v1/${signal}`, Buffer.from(body).toString());
      this.#note(undefined);
      return { code: ExportResultCode.SUCCESS };
    } catch (thrown) {
      this.#note(thrown);
      return { code: ExportResultCode.FAILED };
    }
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #post(path: string, body: string): Promise<void> {
    const headers = { ...this.#options.headers, 'content-type': 'application/json' };
    const { status } = await this.#http.call(
      { method: 'POST', origin: this.#origin, path, headers, body },
      AbortSignal.timeout(CALL_MS),
    );
    if (status >= 200 && status < 300) return;
    throw new RunnerError('NETWORK_RESET', `the OTLP endpoint responded with status ${status}`);
  }

  #note(thrown: unknown): void {
    const works = thrown === undefined;
    if (works === this.#working) return;
    this.#working = works;
    const { logger } = this.#options;
    if (works) logger.log('info', 'telemetry sent');
    else logger.log('warn', 'failed to send telemetry; retrying', localErrorFields(thrown));
  }
}
