import { PassThrough } from 'node:stream';
import { Transport } from 'jsforce/lib/transport.js';
import { StreamPromise } from 'jsforce/lib/util/promise.js';
import { RunnerError } from '../errors/errors.ts';
import type { HttpResponse } from '../../../../foundation/src/http/client.ts';

export interface JsforceRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Sends jsforce's requests: our own client, with its sockets and limits. */
export type Carry = (request: JsforceRequest) => Promise<HttpResponse>;

type JsforceCall = Parameters<Transport['httpRequest']>[0];

/**
 * Replaces jsforce's own transport, which has no policy, no size limit and no deadline for a body.
 */
export class PolicyTransport extends Transport {
  readonly #carry: Carry;

  constructor(carry: Carry) {
    super();
    this.#carry = carry;
  }

  override httpRequest(request: JsforceCall): ReturnType<Transport['httpRequest']> {
    return StreamPromise.create(() => ({
      stream: new PassThrough(),
      promise: this.#send(request),
    }));
  }

  async #send({
    method,
    url,
    headers,
    body,
  }: JsforceCall): Promise<{ statusCode: number; headers: Record<string, string>; body: string }> {
    const parsed = URL.parse(url);
    if (
      parsed === null ||
      (method !== 'GET' && method !== 'POST') ||
      (body !== undefined && body !== null && typeof body !== 'string')
    ) {
      throw new RunnerError('INTERNAL', 'jsforce made an unexpected kind of request');
    }
    const answer = await this.#carry({
      method,
      url: parsed,
      headers: { ...headers },
      body: body ?? undefined,
    });
    const flat = Object.entries(answer.headers).map(
      ([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')] as const,
    );
    return {
      statusCode: answer.status,
      headers: Object.fromEntries(flat),
      body: answer.body().toString('utf8'),
    };
  }
}
