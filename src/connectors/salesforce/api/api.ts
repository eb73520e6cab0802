import { release } from '../../../http/body.ts';
import type { HttpClient, HttpResponse } from '../../../http/client.ts';
import type { OutageGate } from '../../../http/outage-gate.ts';
import { retry, type RetryPolicy } from '../../../http/retry.ts';
import type { Logger } from '../../../observability/logger.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { RunnerError } from '../errors/errors.ts';
import type { Random } from '../../../runtime/random.ts';
import type { CallBudget } from './budget.ts';
import { endsRun } from './run-ending.ts';
import { SerialQueue } from '../../../runtime/serial-queue.ts';
import { readError, refusal, retryAfter } from './refusal.ts';
import type { SessionKeeper } from '../sign-in/session-keeper.ts';
import type { Session } from '../sign-in/sign-in.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST';
  /** From the slash on. Built here from templates; never taken from a job. */
  readonly path: string;
  /** JSON. Every POST here only reads, so all may be repeated. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Tries in all, for a call that a run cannot do without. */
  readonly tries?: number;
  /** Calls that must be left after this one, for what follows from it. */
  readonly headroom?: number;
  /** For error messages: `describe of 25 objects`. */
  readonly what: string;
}

/** What one HTTP exchange told about the state of the org. */
export interface Observation {
  readonly millis: number;
  /** Whether the org said or showed that it has too much to do. */
  readonly busy: boolean;
}

export interface ApiOptions {
  readonly http: HttpClient;
  readonly sessions: SessionKeeper;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** What every call that counts is taken out of. */
  readonly budget: CallBudget;
  readonly outage: OutageGate;
  /** Called before each call that counts toward the org's allocation. */
  readonly onSent: () => void;
  /** Called after it, with whether it was charged. */
  readonly onEnded: (charged: boolean) => void;
  readonly observe?: (observation: Observation) => void;
  /** Tries in all for one call, whatever a request says. */
  readonly tries?: number | undefined;
  /** Upper bound of the first pause between tries, in milliseconds. */
  readonly pauseMs: number;
}

export interface ApiUsage {
  readonly used: number;
  readonly limit: number;
}

const CLIENT = 'client=hybrid-ingestion-runner';
const NOT_MODIFIED = 304;
const SLOW_MS = 15_000;
const TRIES = 5;
const LONGEST_PAUSE_MS = 20_000;
/** Of a call that a run cannot do without: with growing pauses, a minute. */
export const MAX_TRIES = 12;

/**
 * Calls to the REST API of one org: with the session, which is renewed once when it ends; repeated with growing pauses
 * while that may help, and held back while the org is down; counted. Every answer that is not a success becomes a RunnerError.
 */
export class SalesforceApi {
  readonly #options: ApiOptions;
  readonly #taking = new SerialQueue();
  /** What the org said last about its 24-hour allocation. */
  usage: ApiUsage | undefined;
  /** The org's clock as its last answer had it, as HTTP writes it. */
  orgTime: string | undefined;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** The parsed body. Throws SALESFORCE_*, NETWORK_*, RESPONSE_TOO_LARGE, DEADLINE_EXCEEDED. */
  async json(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    return this.jsonAs(request, (body) => body, signal);
  }

  /** What `read` makes of the parsed body. Where it throws a retryable error, the call is made again. */
  async jsonAs<T>(
    request: ApiRequest,
    read: (body: unknown) => T,
    signal: AbortSignal,
  ): Promise<T> {
    return this.#repeat(request, signal, async () =>
      read(parse(await this.#exchange(request, signal), request.what)),
    );
  }

  /** What `read` makes of the parsed body, and the org's time, unless nothing changed since then. Throws as `jsonAs` does. */
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
      const answer = await this.#exchange(conditional, signal);
      if (answer.status === NOT_MODIFIED && since !== undefined) return 'unchanged';
      const { date } = answer.headers;
      return {
        body: read(parse(answer, request.what)),
        date: typeof date === 'string' ? date : '',
      };
    });
  }

  /**
   * What `take` makes of the body, which is gone afterwards. One body is decompressed and taken at a time, whatever else
   * is under way: it is work for the processor alone, and bodies that wait are what costs memory. Where `take` throws a
   * retryable error, the call is made again.
   */
  async read<T>(
    request: ApiRequest,
    take: (body: Buffer) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return this.#repeat(request, signal, async () => {
      const answer = await this.#exchange(request, signal);
      return this.#taking.run(async () => {
        const body = answer.body();
        return take(body).finally(() => release(body));
      });
    });
  }

  #repeat<T>(
    { what, path, tries }: ApiRequest,
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> {
    const { outage, logger, pauseMs: baseMs, tries: usual } = this.#options;
    const policy: RetryPolicy = {
      tries: usual ?? tries ?? TRIES,
      baseMs,
      capMs: LONGEST_PAUSE_MS,
      mayPass: (error) => error.retryable && !endsRun(error, signal),
      ready: (bounded) => outage.pass((life) => this.#exchange(smallRequest(path), life), bounded),
      onRetry: ({ error: { code }, attempt, pauseMs }) =>
        logger.log('debug', 'Salesforce call failed; retrying', {
          what,
          attempt,
          code,
          pauseMs: Math.round(pauseMs),
        }),
    };
    return retry(policy, this.#options, signal, work);
  }

  async #exchange(request: ApiRequest, signal: AbortSignal): Promise<HttpResponse> {
    const { outage, sessions } = this.#options;
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
    const { sessions } = this.#options;
    const answer = await this.#send(request, session, signal);
    if (answer.status !== 401) return accepted(answer, request.what);
    const renewed = await this.#send(request, await sessions.renew(session, signal), signal);
    if (renewed.status === 401)
      throw new RunnerError(
        'SALESFORCE_SESSION_EXPIRED',
        `${request.what}: refused with a new session too`,
        { retryable: false },
      );
    return accepted(renewed, request.what);
  }

  #learn(usage: ApiUsage): void {
    this.usage = usage;
    this.#options.budget.learn(usage);
  }

  async #send(
    { method, path, body, headers, headroom }: ApiRequest,
    session: Session,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const { http, clock, observe, onSent, onEnded, budget, outage } = this.#options;
    const counts = path !== VERSIONS_PATH;
    if (counts) {
      budget.begin(headroom);
      onSent();
    }
    const started = clock.monotonic();
    let [status, busy] = [0, false];
    try {
      const answer = await http.call(
        {
          method,
          path,
          origin: session.origin,
          headers: {
            ...headers,
            authorization: `Bearer ${session.accessToken}`,
            'sforce-call-options': CLIENT,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        },
        signal,
      );
      status = answer.status;
      const used = readUsage(answer.headers['sforce-limit-info']);
      if (used !== undefined) this.#learn(used);
      if (typeof answer.headers['date'] === 'string') this.orgTime = answer.headers['date'];
      busy = isBusy(answer);
      if (!busy) outage.answered();
      return answer;
    } finally {
      const millis = clock.monotonic() - started;
      if (counts) {
        budget.ended();
        onEnded(status !== 0);
      }
      observe?.({ millis, busy: busy || status === 0 || millis > SLOW_MS });
    }
  }
}

/** The list of versions needs no session and costs nothing. */
export const VERSIONS_PATH = '/services/data/';

/** Asks whether the org is there, at little cost: for nothing before the version is known, else with what nearly all calls are. */
function smallRequest(path: string): ApiRequest {
  const what = 'a look whether Salesforce is back';
  const base = /^\/services\/data\/v[\d.]+\//.exec(path)?.[0];
  if (base === undefined) return { method: 'GET', path: VERSIONS_PATH, what };
  return {
    method: 'POST',
    path: `${base}composite`,
    what,
    body: {
      allOrNone: false,
      compositeRequest: [{ method: 'GET', url: `${base}limits`, referenceId: 'limits' }],
    },
  };
}

function accepted(answer: HttpResponse, what: string): HttpResponse {
  if ((answer.status >= 200 && answer.status < 300) || answer.status === NOT_MODIFIED)
    return answer;
  throw refusal(
    answer.status,
    tryParse(answer.body()),
    what,
    retryAfter(answer.headers['retry-after']),
  );
}

/** Too many calls at once are refused with the same status as what is forbidden. */
function isBusy({ status, body }: HttpResponse): boolean {
  return status >= 400 && refusal(status, tryParse(body()), '').code === 'SALESFORCE_BUSY';
}

function parse(answer: HttpResponse, what: string): unknown {
  const body = tryParse(answer.body());
  if (body === undefined)
    throw new RunnerError('SALESFORCE_UNEXPECTED', `${what}: the answer is not JSON`, {
      retryable: true,
    });
  const error = readError(body);
  if (Array.isArray(body) && error !== undefined) throw refusal(answer.status, body, what);
  return body;
}

function tryParse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function readUsage(header: string | string[] | undefined): ApiUsage | undefined {
  const match =
    typeof header === 'string'
      ? /(?:^|[^-])api-usage=(?<used>\d+)\/(?<limit>\d+)/.exec(header)
      : null;
  return match === null
    ? undefined
    : { used: Number(match.groups!['used']), limit: Number(match.groups!['limit']) };
}
