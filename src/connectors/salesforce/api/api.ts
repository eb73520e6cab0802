import { release } from '../../../../foundation/src/http/body.ts';
import type { HttpResponse } from '../../../../foundation/src/http/client.ts';
import type { OutageGate } from '../../../../foundation/src/http/outage-gate.ts';
import { retry, type RetryPolicy } from '../../../../foundation/src/http/retry.ts';
import { RunnerError } from '../errors/errors.ts';
import type { Random } from '../../../../foundation/src/runtime/random.ts';
import { SerialQueue } from '../../../../foundation/src/runtime/serial-queue.ts';
import type { SessionKeeper } from '../sign-in/session-keeper.ts';
import type { Session } from '../sign-in/session.ts';
import { Exchange, type ExchangeDeps } from './exchange.ts';
import { type ApiRequest, probeRequest } from './request.ts';
import { type ApiUsage, NOT_MODIFIED, parseBody, requireSuccess } from './response.ts';
import { endsRun } from './run-ending.ts';

export interface ApiDeps extends ExchangeDeps {
  readonly sessions: SessionKeeper;
  readonly random: Random;
  readonly outage: OutageGate;
  /** Tries in all for one call; overrides what a request says. */
  readonly tries?: number | undefined;
  /** Upper bound of the first pause between tries, in milliseconds. */
  readonly pauseMs: number;
}

const TRIES = 5;
const LONGEST_PAUSE_MS = 20_000;

/**
 * Calls to the REST API of one org. A call has a session, which is renewed once if it has ended; is
 * repeated with growing pauses while that may help; waits while the org is down; and is counted. A
 * response that is not a success becomes a RunnerError. Methods throw SALESFORCE_*, NETWORK_*,
 * RESPONSE_TOO_LARGE and DEADLINE_EXCEEDED.
 */
export class SalesforceApi {
  readonly #deps: ApiDeps;
  readonly #exchanges: Exchange;
  readonly #bodies = new SerialQueue();

  constructor(deps: ApiDeps) {
    this.#deps = deps;
    this.#exchanges = new Exchange(deps);
  }

  /** The org's clock at its last response, as HTTP writes it. */
  get orgTime(): string | undefined {
    return this.#exchanges.orgTime;
  }

  /** The org's last figures about its allocation of 24 hours. */
  get usage(): ApiUsage | undefined {
    return this.#exchanges.usage;
  }

  /** Takes over such figures from the body of an answer. */
  learnUsage(usage: ApiUsage): void {
    this.#exchanges.learnUsage(usage);
  }

  /** Whether the org and the local policy still permit so many calls. */
  leaves(calls: number): boolean {
    return this.#deps.budget.leaves(calls);
  }

  /** The parsed body. */
  async json(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    return this.jsonAs(request, (body) => body, signal);
  }

  /**
   * Returns what `read` makes of the parsed body. If `read` throws a retryable error, the call is
   * made again.
   */
  async jsonAs<T>(
    request: ApiRequest,
    read: (body: unknown) => T,
    signal: AbortSignal,
  ): Promise<T> {
    return this.#repeat(request, signal, async () =>
      read(parseBody(await this.#exchange(request, signal), request.what)),
    );
  }

  /** The same with the org's time, unless nothing changed since then. */
  async jsonSince<T>(
    request: ApiRequest,
    since: string | undefined,
    read: (body: unknown) => T,
    signal: AbortSignal,
  ): Promise<{ readonly body: T; readonly date: string } | 'unchanged'> {
    const conditional =
      since === undefined
        ? request
        : { ...request, headers: { ...request.headers, 'if-modified-since': since } };
    return this.#repeat(request, signal, async () => {
      const response = await this.#exchange(conditional, signal);
      if (response.status === NOT_MODIFIED && since !== undefined) return 'unchanged';
      const { date } = response.headers;
      return {
        body: read(parseBody(response, request.what)),
        date: typeof date === 'string' ? date : '',
      };
    });
  }

  /**
   * Returns what `take` makes of the body, which is released afterwards. Bodies are decompressed
   * and taken one at a time, because that is work for the processor alone and decompressed bodies
   * that wait would cost memory. If `take` throws a retryable error, the call is made again.
   */
  async read<T>(
    request: ApiRequest,
    take: (body: Buffer) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return this.#repeat(request, signal, async () => {
      const response = await this.#exchange(request, signal);
      return this.#bodies.run(async () => {
        const body = response.body();
        return take(body).finally(() => release(body));
      });
    });
  }

  #repeat<T>(
    { what, path, tries }: ApiRequest,
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> {
    const { outage, logger, pauseMs: baseMs, tries: override } = this.#deps;
    const policy: RetryPolicy = {
      tries: override ?? tries ?? TRIES,
      baseMs,
      capMs: LONGEST_PAUSE_MS,
      mayPass: (error) => error.retryable && !endsRun(error, signal),
      ready: (bounded) => outage.pass((life) => this.#exchange(probeRequest(path), life), bounded),
      onRetry: ({ error: { code }, attempt, pauseMs }) =>
        logger.log('debug', 'Salesforce call failed; retrying', {
          what,
          attempt,
          code,
          retryInMs: Math.round(pauseMs),
        }),
    };
    return retry(policy, this.#deps, signal, work);
  }

  async #exchange(request: ApiRequest, signal: AbortSignal): Promise<HttpResponse> {
    const { outage, sessions } = this.#deps;
    const session = await sessions.current(signal);
    try {
      return await this.#authorized(request, session, signal);
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      if (!signal.aborted) outage.failed(error);
      throw error;
    }
  }

  async #authorized(
    request: ApiRequest,
    session: Session,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const response = await this.#exchanges.send(request, session, signal);
    if (response.status !== 401) return requireSuccess(response, request.what);
    const renewed = await this.#deps.sessions.renew(session, signal);
    const second = await this.#exchanges.send(request, renewed, signal);
    if (second.status === 401)
      throw new RunnerError(
        'SALESFORCE_SESSION_EXPIRED',
        `${request.what}: rejected with a renewed session`,
        { retryable: false },
      );
    return requireSuccess(second, request.what);
  }
}
