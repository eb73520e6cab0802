import type { HttpClient, HttpResponse } from '../../../../foundation/src/http/client.ts';
import type { OutageGate } from '../../../../foundation/src/http/outage-gate.ts';
import type { Logger } from '../../../../foundation/src/logging/logger.ts';
import type { Clock } from '../../../../foundation/src/runtime/clock.ts';
import type { Session } from '../sign-in/session.ts';
import type { CallBudget } from './budget.ts';
import { type ApiRequest, httpRequest, VERSIONS_PATH } from './request.ts';
import { type ApiUsage, isBusy, readUsage } from './response.ts';

/** What one HTTP exchange shows about the load of the org. */
export interface Observation {
  readonly millis: number;
  /** Whether the org reported an overload, did not answer, or was slow. */
  readonly busy: boolean;
}

export interface ExchangeDeps {
  readonly http: Pick<HttpClient, 'call'>;
  readonly clock: Clock;
  /** Each call is a line of level debug. */
  readonly logger: Logger;
  readonly outage: Pick<OutageGate, 'answered'>;
  /** Every call that counts toward the org's allocation is taken from it. */
  readonly budget: CallBudget;
  /** Awaited before each of them. */
  readonly admitCall?: ((signal: AbortSignal) => Promise<void>) | undefined;
  readonly onUsage: (usage: ApiUsage) => void;
  /** Called before each call that counts toward the org's allocation. */
  readonly onSent: () => void;
  /** Called after it, with whether it was charged. */
  readonly onEnded: (charged: boolean) => void;
  readonly observe?: (observation: Observation) => void;
}

const SLOW_MS = 15_000;

/** Sends single requests and keeps the books: budget, usage, load, the org's clock. */
export class Exchange {
  readonly #deps: ExchangeDeps;
  /** The `Date` of the last response, as HTTP writes it. */
  orgTime: string | undefined;
  /** The org's last figures about its allocation of 24 hours. */
  usage: ApiUsage | undefined;

  constructor(deps: ExchangeDeps) {
    this.#deps = deps;
  }

  /**
   * Returns any response, also a rejection. Throws SALESFORCE_LIMIT_REACHED before a call that the
   * budget does not allow.
   */
  async send(request: ApiRequest, session: Session, signal: AbortSignal): Promise<HttpResponse> {
    const { http, clock, logger, observe } = this.#deps;
    await this.#begin(request, signal);
    const started = clock.monotonic();
    let status: number | undefined;
    let busy = false;
    try {
      const response = await http.call(httpRequest(request, session), signal);
      ({ status } = response);
      busy = this.#learn(response);
      return response;
    } finally {
      const millis = clock.monotonic() - started;
      const answered = status !== undefined;
      this.#end(request, answered);
      observe?.({ millis, busy: busy || !answered || millis > SLOW_MS });
      const { method, what } = request;
      logger.log('debug', 'Salesforce call', { what, method, status, ms: Math.round(millis) });
    }
  }

  /** Takes over the org's figures about its allocation. */
  learnUsage(usage: ApiUsage): void {
    const { budget, onUsage } = this.#deps;
    this.usage = usage;
    budget.learn(usage);
    onUsage(usage);
  }

  async #begin({ path, headroom }: ApiRequest, signal: AbortSignal): Promise<void> {
    if (path === VERSIONS_PATH) return;
    await this.#deps.admitCall?.(signal);
    this.#deps.budget.begin(headroom);
    this.#deps.onSent();
  }

  /** A call that was not answered is not charged. */
  #end({ path }: ApiRequest, answered: boolean): void {
    if (path === VERSIONS_PATH) return;
    this.#deps.budget.ended();
    this.#deps.onEnded(answered);
  }

  /** Returns whether the org is busy. */
  #learn(response: HttpResponse): boolean {
    const { outage } = this.#deps;
    const usage = readUsage(response);
    if (usage !== undefined) this.learnUsage(usage);
    const { date } = response.headers;
    if (typeof date === 'string') this.orgTime = date;
    const busy = isBusy(response);
    if (!busy) outage.answered();
    return busy;
  }
}
