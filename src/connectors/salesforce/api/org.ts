import { join } from 'node:path';
import { HttpClient, type HttpClientOptions } from '../../../http/client.ts';
import { OutageGate, type Wait } from '../../../http/outage-gate.ts';
import type { ConnectOptions } from '../../../network/connect.ts';
import { RunnerError } from '../errors/errors.ts';
import { unfoldPem } from '../../../network/pem.ts';
import type { ConnectorContext } from '../../connector.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { SalesforceApi } from './api.ts';
import { CallBudget } from './budget.ts';
import type { Connection } from '../sign-in/connection.ts';
import { mayBeOutage } from '../sign-in/outage.ts';
import { createPassing } from '../sign-in/passing.ts';
import { createRefusalMemory } from '../sign-in/refusal-memory.ts';
import { SessionKeeper } from '../sign-in/session-keeper.ts';
import { readSecret, SignIn } from '../sign-in/sign-in.ts';

/** Limits that tests draw tighter than an org needs. */
export type Tuning = Partial<
  Omit<HttpClientOptions, 'connect' | 'clock' | 'tls' | 'unexpected'>
> & {
  readonly tries?: number;
  readonly pauseMs?: number;
  readonly patienceMs?: number;
};

export interface OrgOptions {
  readonly connection: Connection;
  readonly context: ConnectorContext;
  readonly tuning: Tuning;
  /** Without one, calls are limited by what the org has left alone. */
  readonly budget?: CallBudget;
  /** Called at each change of `calls`. */
  readonly onCall?: () => void;
  /** Told before each pause while the org is down, and with undefined once it is back. */
  readonly onWait?: (wait: Wait | undefined) => void;
}

/** An org that can be called: the client, its session and its pace. Nothing is sent before the first call. */
export interface Org {
  readonly api: SalesforceApi;
  readonly sessions: SessionKeeper;
  readonly limit: AdaptiveLimit;
  /** Calls charged so far, by our own count. */
  readonly charged: () => number;
  /** Calls charged and under way. */
  readonly calls: () => number;
  /** Waits, with jitter and longer at each round, before something that failed is asked for again. */
  readonly pause: (round: number, signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Upper bound of a first pause, in milliseconds. */
const PAUSE_MS = 500;
/** How long an org may be down without ending the run. */
const PATIENCE_MS = 300_000;
/** Concurrent calls: where the search for the right number starts, and where it ends. */
const LIMIT = { start: 12, most: 20 } as const;

/** `signal` is the attempt's own. */
export function openOrg(
  {
    connection,
    context,
    tuning,
    onCall,
    onWait,
    budget = new CallBudget({ reservePercent: 0, maxApiCallsPerRun: undefined }),
  }: OrgOptions,
  signal: AbortSignal,
): Org {
  const { connect, clock, random, logger, secrets, protect, stateDirectory } = context;
  const limit = new AdaptiveLimit(LIMIT);
  const http = new HttpClient({
    ...tuning,
    unexpected: 'SALESFORCE_UNEXPECTED',
    connect,
    clock,
    tls: (within) => tlsOf(connection, context, within),
  });
  const refusals =
    stateDirectory === undefined
      ? undefined
      : createRefusalMemory(join(stateDirectory, 'refused-sign-ins'));
  const signIn = new SignIn({ connection, secrets, http, clock, logger, protect, refusals });
  const closed = new AbortController();
  const pauseMs = tuning.pauseMs ?? PAUSE_MS;
  const outage = new OutageGate({
    server: 'Salesforce',
    mayBeOutage,
    patienceMs: tuning.patienceMs ?? PATIENCE_MS,
    pauseMs,
    clock,
    random,
    logger,
    onWait: onWait ?? (() => undefined),
    signal: AbortSignal.any([signal, closed.signal]),
  });
  const sessions = new SessionKeeper(
    (within) =>
      outage.persist(() => signIn.open(within), createPassing(connection.signIn.way), within),
    signal,
  );
  const calls = new CallCount(context, onCall);
  const api = new SalesforceApi({
    http,
    sessions,
    clock,
    random,
    logger,
    budget,
    outage,
    observe: (observation) => limit.observe(observation),
    onSent: () => calls.sent(),
    onEnded: (charged) => calls.ended(charged),
    tries: tuning.tries,
    pauseMs,
  });
  const pause = (round: number, within: AbortSignal): Promise<void> =>
    clock.sleep(random.fraction() * pauseMs * 2 ** round, within);
  const close = async (): Promise<void> => {
    closed.abort(new RunnerError('ABORTED', 'the connection to the org was closed'));
    await http.close();
  };
  return {
    api,
    sessions,
    limit,
    charged: () => calls.charged,
    calls: () => calls.charged + calls.underWay,
    pause,
    close,
  };
}

/** Calls that count toward the org's allocation. One that nobody answered is not charged. */
class CallCount {
  readonly #context: Pick<ConnectorContext, 'count'>;
  readonly #onChange: () => void;
  charged = 0;
  underWay = 0;

  constructor(context: Pick<ConnectorContext, 'count'>, onChange: () => void = () => undefined) {
    this.#context = context;
    this.#onChange = onChange;
  }

  sent(): void {
    this.underWay += 1;
    this.#onChange();
  }

  ended(charged: boolean): void {
    this.underWay -= 1;
    if (charged) {
      this.charged += 1;
      this.#context.count('apiCalls', 1);
    }
    this.#onChange();
  }
}

/** Read for each new connection, so that a renewed certificate is used without a restart. */
async function tlsOf(
  { tls }: Connection,
  { secrets, protect }: ConnectorContext,
  signal: AbortSignal,
): Promise<NonNullable<ConnectOptions['tls']>> {
  const read = async (field: string): Promise<string> => {
    const pem = unfoldPem((await readSecret(secrets, field, signal)).reveal());
    protect(pem);
    return pem;
  };
  return {
    ...(tls.ca ? { ca: [await read('sslConfig.caCertificate')] } : {}),
    ...(tls.clientCertificate
      ? { cert: await read('sslConfig.sslCertificate'), key: await read('sslConfig.sslKey') }
      : {}),
  };
}
