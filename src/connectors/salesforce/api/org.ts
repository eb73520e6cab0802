import { join } from 'node:path';
import { HttpClient, type HttpClientOptions } from '../../../../foundation/src/http/client.ts';
import { OutageGate, type Wait } from '../../../../foundation/src/http/outage-gate.ts';
import { RunnerError } from '../errors/errors.ts';
import type { ConnectorContext } from '../../connector.ts';
import { readClientTls } from '../sign-in/client-tls.ts';
import type { Connection } from '../sign-in/connection.ts';
import { mayBeOutage } from '../sign-in/outage.ts';
import { createRejectionStore } from '../sign-in/rejection-store.ts';
import { SessionKeeper } from '../sign-in/session-keeper.ts';
import { createSignInRetry } from '../sign-in/sign-in-retry.ts';
import { SignIn } from '../sign-in/sign-in.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { SalesforceApi } from './api.ts';
import { CallBudget } from './budget.ts';
import { CallCount } from './call-count.ts';

/** Limits that tests set tighter than an org needs. */
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
  /** Default: the limits of the context. */
  readonly budget?: CallBudget;
  /** Called at each change of `calls`. */
  readonly onCall?: () => void;
  /** Called before each pause while the org is down, and with undefined once it is back. */
  readonly onWait?: (wait: Wait | undefined) => void;
}

/** An open org: API, sessions and concurrency limit. Nothing is sent before the first call. */
export interface Org {
  readonly api: SalesforceApi;
  readonly sessions: SessionKeeper;
  readonly limit: AdaptiveLimit;
  /** Calls charged so far, by our own count. */
  readonly charged: () => number;
  /** Calls charged and under way. */
  readonly calls: () => number;
  /** Waits before something that failed is repeated: with jitter, and longer in each round. */
  readonly pause: (round: number, signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Upper bound of a first pause, in milliseconds. */
const PAUSE_MS = 500;
/** How long an org may be down without ending the run. */
const PATIENCE_MS = 300_000;
/** Concurrent calls for describes. What the org and the policy leave is for the budget to watch. */
const MAX_CONCURRENCY = 20;

/** `signal` is the attempt's own. */
export function openOrg(options: OrgOptions, signal: AbortSignal): Org {
  const { context, tuning } = options;
  const { clock, random } = context;
  const closed = new AbortController();
  const pauseMs = tuning.pauseMs ?? PAUSE_MS;
  const http = createHttp(options);
  const outage = createOutageGate(options, AbortSignal.any([signal, closed.signal]));
  const sessions = createSessions(options, http, outage, signal);
  const calls = new CallCount(context, options.onCall);
  const limit = new AdaptiveLimit(MAX_CONCURRENCY, () => calls.underWay);
  const api = createApi(options, { http, outage, sessions, limit, calls });
  return {
    api,
    sessions,
    limit,
    charged: () => calls.charged,
    calls: () => calls.charged + calls.underWay,
    pause: (round, bounded) => clock.sleep(random.fraction() * pauseMs * 2 ** round, bounded),
    close: async () => {
      closed.abort(new RunnerError('ABORTED', 'the connection to the org was closed'));
      await http.close();
    },
  };
}

function createHttp({ connection, context, tuning }: OrgOptions): HttpClient {
  return new HttpClient({
    ...tuning,
    unexpected: 'SALESFORCE_UNEXPECTED',
    connect: context.connect,
    clock: context.clock,
    tls: (signal) => readClientTls(connection, context, signal),
  });
}

function createOutageGate(
  { context, tuning, onWait }: OrgOptions,
  signal: AbortSignal,
): OutageGate {
  return new OutageGate({
    server: 'Salesforce',
    mayBeOutage,
    patienceMs: tuning.patienceMs ?? PATIENCE_MS,
    pauseMs: tuning.pauseMs ?? PAUSE_MS,
    clock: context.clock,
    random: context.random,
    logger: context.logger,
    onWait: onWait ?? (() => undefined),
    signal,
  });
}

function createSessions(
  { connection, context }: OrgOptions,
  http: HttpClient,
  outage: OutageGate,
  signal: AbortSignal,
): SessionKeeper {
  const { secrets, clock, logger, protect, stateDirectory } = context;
  const { admitOrganization, noteFailedSignIn } = context;
  const rejections =
    stateDirectory === undefined
      ? undefined
      : createRejectionStore(join(stateDirectory, 'refused-sign-ins'));
  const signIn = new SignIn({
    connection,
    secrets,
    http,
    clock,
    logger,
    admitOrganization,
    noteFailedSignIn,
    protect,
    rejections,
  });
  return new SessionKeeper(
    (bounded) =>
      outage.persist(
        () => signIn.open(bounded),
        createSignInRetry(connection.signIn.kind),
        bounded,
      ),
    signal,
  );
}

interface OrgDeps extends Pick<Org, 'sessions' | 'limit'> {
  readonly http: HttpClient;
  readonly outage: OutageGate;
  readonly calls: CallCount;
}

function createApi(
  { context, tuning, budget = new CallBudget(context.limits) }: OrgOptions,
  { limit, calls, ...deps }: OrgDeps,
): SalesforceApi {
  return new SalesforceApi({
    ...deps,
    clock: context.clock,
    random: context.random,
    logger: context.logger,
    budget,
    admitCall: context.admitCall,
    observe: (observation) => limit.observe(observation),
    onUsage: (usage) => context.noteAllocation(usage),
    onSent: () => calls.sent(),
    onEnded: (charged) => calls.ended(charged),
    tries: tuning.tries,
    pauseMs: tuning.pauseMs ?? PAUSE_MS,
  });
}
