import { isIP } from 'node:net';
import type { NetworkSettings } from '../../foundation/src/network/connect.ts';
import type { Resolve } from '../../foundation/src/network/dial.ts';
import { formatEndpoint, type Endpoint } from '../../foundation/src/network/endpoint.ts';
import { createConnect } from '../../foundation/src/network/open.ts';
import { parseProxy } from '../../foundation/src/network/proxy.ts';
import { planRoute, type Route } from '../../foundation/src/network/route.ts';
import { TrustStore } from '../../foundation/src/network/trust.ts';
import { untilAborted } from '../../foundation/src/runtime/abort.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import type { SettingKey } from '../config/schema.ts';
import { lookAtTls, type Handshake } from './look-at-tls.ts';

/** A server that the runner connects to. */
export interface Target {
  readonly endpoint: Endpoint;
  readonly network: NetworkSettings;
  /** `control plane`, `syslog server`, or the rules of the policy that name it. */
  readonly role: string;
  readonly isControlPlane: boolean;
  /** Names the setting for a CA of this server. */
  readonly caSetting: SettingKey;
  /** Throws for an address that the policy does not allow. */
  readonly checkAddress?: (address: string) => void;
}

/** How far a connection came, from name to handshake; `error` is what stopped it. */
export type Inspection = { readonly route: Route; readonly addresses: readonly string[] } & (
  | { readonly stage: 'name' | 'proxy' | 'connection' | 'tls'; readonly error: RunnerError }
  | { readonly stage: 'done'; readonly handshake: Handshake }
);

export interface InspectDeps {
  readonly resolve: Resolve;
  readonly timeoutMs: number;
  /** Rejects if the proxy itself cannot be reached. */
  readonly proxyAnswers: () => Promise<void>;
}

const trust = new TrustStore();

/** Goes as far as it can. Rejects with the reason of the signal only. */
export async function inspect(
  target: Target,
  deps: InspectDeps,
  signal: AbortSignal,
): Promise<Inspection> {
  const route = routeTo(target);
  const found = { route, addresses: [] as readonly string[] };
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(deps.timeoutMs)]);
  let stage: Stage = 'name';
  try {
    if (route.proxy === undefined)
      found.addresses = await addressesOf(route.target.host, deps.resolve, deadline);
    stage = route.proxy === undefined ? 'connection' : 'proxy';
    if (route.proxy !== undefined) await untilAborted(deps.proxyAnswers(), deadline);
    const connect = createConnect(target.network, deps.resolve);
    const { timeoutMs } = deps;
    const check = target.checkAddress === undefined ? {} : { checkAddress: target.checkAddress };
    const stream = await connect(target.endpoint, { signal: deadline, timeoutMs, ...check });
    stage = 'tls';
    const { endpoint, network, isControlPlane: asksTime } = target;
    const options = { endpoint, network, trust, asksTime, signal: deadline };
    return { ...found, stage: 'done', handshake: await lookAtTls(stream, options) };
  } catch (thrown) {
    if (signal.aborted) throw RunnerError.from(signal.reason, 'ABORTED');
    const late = `${WAITED_FOR[stage](target)} within ${deps.timeoutMs} ms`;
    return { ...found, stage, error: explain(thrown, late, deadline) };
  }
}

/** The route to a target. */
export function routeTo({ endpoint, network }: Target): Route {
  const proxy = network.proxy === undefined ? undefined : parseProxy(network.proxy);
  return planRoute(endpoint, network, proxy);
}

async function addressesOf(
  host: string,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<readonly string[]> {
  return isIP(host) === 0 ? untilAborted(resolve(host), signal) : [host];
}

type Stage = Exclude<Inspection['stage'], 'done'>;

/** What did not happen when the time is over. */
const WAITED_FOR: Readonly<Record<Stage, (target: Target) => string>> = {
  name: ({ endpoint }) => `no name server answered for ${endpoint.host}`,
  proxy: () => 'the proxy did not answer',
  connection: ({ endpoint }) => `${formatEndpoint(endpoint)} did not answer`,
  tls: ({ endpoint }) => `${formatEndpoint(endpoint)} did not complete the TLS handshake`,
};

function explain(thrown: unknown, late: string, deadline: AbortSignal): RunnerError {
  const error = RunnerError.from(thrown, 'NETWORK_UNREACHABLE');
  if (!deadline.aborted || error.code !== 'DEADLINE_EXCEEDED') return error;
  return new RunnerError('NETWORK_TIMEOUT', late, { cause: thrown });
}
