import type { Logger } from '../../observability/logger.ts';
import { withDeadline } from '../../runtime/abort.ts';
import { retry, type RetryOptions } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { Random } from '../../runtime/random.ts';
import type { Secret, SecretSource } from '../../secrets/secret.ts';
import { explain, parseJson } from './answer.ts';
import { isUnclear } from './unclear.ts';
import type { RawAnswer, RawRequest, Transport } from './transport.ts';

export interface Call {
  readonly method: RawRequest['method'];
  /** Below `/v1`. */
  readonly path: string;
  /** For messages: what is asked for. */
  readonly what: string;
  readonly body?: unknown;
  /** Statuses that are an answer to the caller rather than an error. */
  readonly accept?: readonly number[];
  /** `unlessUnclear`: an error that leaves open whether the server is still at work on the request is thrown at once. Default: whatever may pass. */
  readonly repeat?: 'unlessUnclear';
  /** The ETag that the entity must still have. */
  readonly ifMatch?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly etag: string | undefined;
}

export interface ServerOptions {
  readonly transport: Transport;
  readonly jwtToken: SecretSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly retry: RetryOptions;
  /** For one try of one request, body included, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * An OpenMetadata server's REST API. Every call made through it may be repeated: the API's PUT, JSON patch under an
 * ETag and soft delete have the same effect the second time.
 */
export class MetadataServer {
  readonly #options: ServerOptions;
  #token: Secret | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  /** Throws SINK_* for what the server says, NETWORK_* and DEADLINE_EXCEEDED for what happens on the way. */
  async send(call: Call, signal: AbortSignal): Promise<Answer> {
    const { retry: pace, clock, random, logger } = this.#options;
    const onRetry = (error: RunnerError, pauseMs: number): void =>
      logger.log('debug', 'asking the OpenMetadata server again', {
        what: call.what,
        code: error.code,
        pauseMs: Math.round(pauseMs),
      });
    return retry({ ...pace, onRetry }, clock, random, signal, () => this.#tryOnce(call, signal));
  }

  /** The answer's body, or undefined when the server has no such thing. */
  async find(path: string, what: string, signal: AbortSignal): Promise<Answer | undefined> {
    const answer = await this.send({ method: 'GET', path, what, accept: [404] }, signal);
    return answer.status === 404 ? undefined : answer;
  }

  async #tryOnce(call: Call, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#try(call, signal);
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (call.repeat !== 'unlessUnclear' || !isUnclear(error)) throw error;
      throw new RunnerError(error.code, error.message, {
        cause: error,
        remedy: error.remedy,
        retryable: false,
      });
    }
  }

  async #try(call: Call, signal: AbortSignal): Promise<Answer> {
    const token = (this.#token ??= await this.#options.jwtToken.read(signal));
    const answer = await this.#exchange(call, token, signal);
    if (answer.status === 401 && (await this.#renewed(token, signal)))
      return this.#try(call, signal);
    if (answer.status >= 300 && !call.accept?.includes(answer.status))
      throw explain(answer, call.what, this.#options.clock.now());
    const { etag } = answer.headers;
    return {
      status: answer.status,
      body: answer.status < 300 ? parseJson(answer, call.what) : undefined,
      etag: typeof etag === 'string' ? etag : undefined,
    };
  }

  /** Whether there is a newer token than the one that was refused: tokens are rotated while a run is under way. */
  async #renewed(refused: Secret, signal: AbortSignal): Promise<boolean> {
    this.#token = await this.#options.jwtToken.read(signal);
    return this.#token.version !== refused.version;
  }

  async #exchange(call: Call, token: Secret, signal: AbortSignal): Promise<RawAnswer> {
    const { transport, clock, timeoutMs } = this.#options;
    const request: RawRequest = {
      method: call.method,
      path: `/v1${call.path}`,
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token.reveal()}`,
        'user-agent': 'hybrid-ingestion-runner',
        ...(call.body === undefined
          ? {}
          : {
              'content-type':
                call.method === 'PATCH' ? 'application/json-patch+json' : 'application/json',
            }),
        ...(call.ifMatch === undefined ? {} : { 'if-match': call.ifMatch }),
      },
    };
    try {
      return await withDeadline(call.what, timeoutMs, clock, signal, (ends) =>
        transport.exchange(request, ends),
      );
    } catch (thrown) {
      throw RunnerError.from(thrown, 'NETWORK_RESET');
    }
  }
}
