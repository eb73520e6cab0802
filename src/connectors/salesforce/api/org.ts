import { join } from 'node:path';
import type { ConnectOptions } from '../../../network/connect.ts';
import type { ConnectorContext } from '../../connector.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { SalesforceApi } from './api.ts';
import { CallBudget } from './budget.ts';
import type { Connection } from '../sign-in/connection.ts';
import { Http, type HttpOptions } from '../http/http.ts';
import { repeat } from '../http/repeat.ts';
import { createRefusalMemory } from '../sign-in/refusal-memory.ts';
import { SessionKeeper } from '../sign-in/session-keeper.ts';
import { readSecret, SignIn } from '../sign-in/sign-in.ts';

/** Limits that tests draw tighter than an org needs. */
export type Tuning = Partial<Omit<HttpOptions, 'connect' | 'clock' | 'tls'>> & { readonly tries?: number; readonly pauseMs?: number };

/** An org that can be called: the client, its session and its pace. Nothing is sent before the first call. */
export interface Org {
  readonly api: SalesforceApi;
  readonly sessions: SessionKeeper;
  readonly limit: AdaptiveLimit;
  /** Calls charged so far, by our own count. */
  readonly charged: () => number;
  /** Waits, with jitter and longer at each round, before something that failed is asked for again. */
  readonly pause: (round: number, signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Upper bound of a first pause, in milliseconds. */
const PAUSE_MS = 500;
/** Fewer than for other calls: a password that Salesforce refused may have been counted though its answer got lost. */
const SIGN_IN_TRIES = 3;
/** Concurrent calls: where the search for the right number starts, and where it ends. */
const LIMIT = { start: 12, most: 20 } as const;

/** Without a `budget`, calls are limited by what the org has left alone. */
export function openOrg(connection: Connection, context: ConnectorContext, tuning: Tuning, signal: AbortSignal, budget = new CallBudget({ reservePercent: 0, maxApiCallsPerRun: undefined })): Org {
  const { connect, clock, random, logger, secrets, protect, stateDirectory } = context;
  const limit = new AdaptiveLimit(LIMIT);
  const http = new Http({ ...tuning, connect, clock, tls: (within) => tlsOf(connection, context, within) });
  const refusals = stateDirectory === undefined ? undefined : createRefusalMemory(join(stateDirectory, 'refused-sign-ins'));
  const signIn = new SignIn({ connection, secrets, http, clock, logger, protect, refusals });
  const patience = { tries: Math.min(SIGN_IN_TRIES, tuning.tries ?? SIGN_IN_TRIES), pauseMs: tuning.pauseMs ?? PAUSE_MS, clock, random, logger };
  const sessions = new SessionKeeper((within) => repeat('the sign-in', patience, within, () => signIn.open(within)), signal);
  let charged = 0;
  const api = new SalesforceApi({
    http, sessions, clock, random, logger, budget, observe: (observation) => limit.observe(observation),
    onCharged: () => {
      charged += 1;
      context.count('apiCalls', 1);
    },
    ...(tuning.tries === undefined ? {} : { tries: tuning.tries }),
    pauseMs: tuning.pauseMs ?? PAUSE_MS,
  });
  const pause = (round: number, within: AbortSignal): Promise<void> => clock.sleep(random.fraction() * (tuning.pauseMs ?? PAUSE_MS) * 2 ** round, within);
  return { api, sessions, limit, charged: () => charged, pause, close: () => http.close() };
}

/** Read for each new connection, so that a renewed certificate is used without a restart. */
async function tlsOf({ tls }: Connection, { secrets }: ConnectorContext, signal: AbortSignal): Promise<NonNullable<ConnectOptions['tls']>> {
  const read = async (field: string): Promise<string> => (await readSecret(secrets, field, signal)).reveal();
  return {
    ...(tls.ca ? { ca: [await read('sslConfig.caCertificate')] } : {}),
    ...(tls.clientCertificate ? { cert: await read('sslConfig.sslCertificate'), key: await read('sslConfig.sslKey') } : {}),
  };
}
