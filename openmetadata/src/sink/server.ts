import type { HttpClient, HttpRequest, HttpResponse } from '../../../foundation/src/http/client.ts';
import { isOutcomeUnknown } from '../../../foundation/src/http/outcome.ts';
import { retry, type Retry, type RetryPolicy } from '../../../foundation/src/http/retry.ts';
import type { Logger } from '../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../foundation/src/runtime/clock.ts';
import { RunnerError } from '../../../foundation/src/runtime/errors.ts';
import type { Random } from '../../../foundation/src/runtime/random.ts';
import type { BotToken, TokenSource } from './token.ts';
import { explain, parseBody } from './answer.ts';
import { untilArrived } from './arrival.ts';

export interface Call {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/v1`. */
  readonly path: string;
  /** Names the call in messages, for example `table "crm.default.salesforce.Account"`. */
  readonly what: string;
  readonly body?: unknown;
  /** Statuses that are an answer to the caller rather than an error. */
  readonly accept?: readonly number[];
  /**
   * `unlessUnknown`: throws the error of a call whose outcome is unknown. Default: repeats a call
   * after any error that may pass.
   */
  readonly repeat?: 'unlessUnknown';
  /**
   * Whether the server has what the call writes. Asked before the call is repeated, and while the
   * server may still be processing it.
   */
  readonly hasArrived?: (signal: AbortSignal) => Promise<boolean>;
  /** Whether an answer says that a condition of the call does not hold: its status is CONFLICT. */
  readonly isConflict?: (response: HttpResponse) => boolean;
}

/** The status of an answer to a call whose condition does not hold. */
export const CONFLICT = 412;

export interface Answer {
  readonly status: number;
  /** Undefined when the answer was lost but the call has arrived. */
  readonly body: unknown;
}

export interface ServerOptions {
  readonly http: HttpClient;
  /** Where the API is, as `apiUrl` returns it. */
  readonly api: URL;
  readonly jwtToken: TokenSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly retry: RetryPolicy;
  /**
   * How long a server may be processing a call that timed out, before it is sent again. In
   * milliseconds.
   */
  readonly patienceMs: number;
}

/** Tries of a call that times out each time. */
const TIMEOUT_TRIES = 3;
const FIRST_LOOK_MS = 2_000;
const ARRIVED: Answer = { status: 200, body: undefined };

/**
 * An OpenMetadata server's REST API. Every call made through it may be repeated: the API's PUT,
 * JSON patch under an ETag and soft delete have the same effect the second time. A call that writes
 * and times out is repeated only when the server has had time to end it: a second copy beside the
 * first would double the load that made it late.
 */
export class MetadataServer {
  readonly #options: ServerOptions;
  #token: BotToken | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  /** Throws SINK_* for an error status, NETWORK_* and DEADLINE_EXCEEDED when no answer arrived. */
  async send(call: Call, signal: AbortSignal): Promise<Answer> {
    for (let lost = 1; ; lost++) {
      try {
        return await this.#repeat(call, signal);
      } catch (thrown) {
        const error = RunnerError.from(thrown);
        if (signal.aborted || !isOpen(error, call)) throw error;
        if (await this.#hasArrived(call, error, signal)) return ARRIVED;
        const { tries } = this.#options.retry;
        if (lost >= (isTimeout(error) ? TIMEOUT_TRIES : tries)) throw error;
      }
    }
  }

  /** Whether the call has arrived after all, once the server has had time for it. */
  async #hasArrived(call: Call, error: RunnerError, signal: AbortSignal): Promise<boolean> {
    const { clock, logger, patienceMs, retry: policy } = this.#options;
    const { what, hasArrived = () => Promise.resolve(false) } = call;
    logger.log('debug', 'OpenMetadata request without an answer; looking whether it arrived', {
      what,
      code: error.code,
    });
    const shortMs = 2 * policy.baseMs;
    const patience = isTimeout(error)
      ? { clock, ms: patienceMs, firstMs: Math.min(FIRST_LOOK_MS, patienceMs) }
      : { clock, ms: shortMs, firstMs: shortMs };
    const missing = async (): Promise<number> => ((await hasArrived(signal)) ? 0 : 1);
    return (await untilArrived(missing, patience, signal)) === 0;
  }

  /** Repeats the call after errors that leave nothing open. */
  async #repeat(call: Call, signal: AbortSignal): Promise<Answer> {
    const { logger, retry: policy } = this.#options;
    const onRetry = ({ error: { code }, pauseMs }: Retry): void =>
      logger.log('debug', 'OpenMetadata request failed; retrying', {
        what: call.what,
        code,
        retryInMs: Math.round(pauseMs),
      });
    const mayPass: RetryPolicy['mayPass'] = (error) =>
      error.retryable &&
      !isOpen(error, call) &&
      !(call.repeat === 'unlessUnknown' && isOutcomeUnknown(error));
    return retry({ ...policy, mayPass, onRetry }, this.#options, signal, () =>
      this.#try(call, signal),
    );
  }

  /** The answer, or undefined when the server has no such entity. */
  async find(path: string, what: string, signal: AbortSignal): Promise<Answer | undefined> {
    const answer = await this.send({ method: 'GET', path, what, accept: [404] }, signal);
    return answer.status === 404 ? undefined : answer;
  }

  async #try(call: Call, signal: AbortSignal): Promise<Answer> {
    const { http, api, jwtToken, clock } = this.#options;
    const token = (this.#token ??= await jwtToken.read(signal));
    const response = await http.call(requestOf(call, api, token), signal);
    if (response.status === 401 && (await this.#renewed(token, signal)))
      return this.#try(call, signal);
    if (call.isConflict?.(response) === true) return { status: CONFLICT, body: undefined };
    if (response.status >= 300 && !call.accept?.includes(response.status))
      throw explain(response, call.what, clock.now());
    return {
      status: response.status,
      body: response.status < 300 ? parseBody(response, call.what) : undefined,
    };
  }

  /**
   * Whether a newer token than the rejected one is available: tokens may be rotated during a run.
   */
  async #renewed(rejected: BotToken, signal: AbortSignal): Promise<boolean> {
    this.#token = await this.#options.jwtToken.read(signal);
    return this.#token.version !== rejected.version;
  }
}

/** Whether the server may have carried out the call, or may still be processing it. */
function isOpen(error: RunnerError, { method, repeat, hasArrived }: Call): boolean {
  if (method === 'GET' || repeat === 'unlessUnknown') return false;
  if (hasArrived === undefined) return isTimeout(error);
  return isOutcomeUnknown(error) || (error.code === 'SINK_FAILED' && error.retryable);
}

function isTimeout(error: RunnerError): boolean {
  return isOutcomeUnknown(error) && error.code !== 'NETWORK_RESET';
}

function requestOf(call: Call, api: URL, token: BotToken): HttpRequest {
  const { method, path, what, body } = call;
  const type = method === 'PATCH' ? 'application/json-patch+json' : 'application/json';
  return {
    method,
    origin: api.origin,
    path: `${api.pathname}/v1${path}`,
    what,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${token.reveal()}`,
      ...(body === undefined ? {} : { 'content-type': type }),
    },
  };
}
