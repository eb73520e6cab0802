import { lookup } from 'node:dns/promises';
import type { Duplex } from 'node:stream';
import { RunnerError } from '../runtime/errors.ts';
import { AnnouncedEnd } from './announced-end.ts';
import type { Connect, ConnectOptions, NetworkSettings } from './connect.ts';
import { dial, type Resolve } from './dial.ts';
import { formatEndpoint } from './endpoint.ts';
import { parseProxy } from './proxy.ts';
import { planRoute, type Route } from './route.ts';
import { secure } from './secure.ts';
import { TrustStore } from './trust.ts';
import { openTunnel } from './tunnel.ts';

/** The operating system's resolver. */
export const systemResolve: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/** Of the whole process: the same certificates are trusted by most connections. */
const processTrust = new TrustStore();

interface Deps {
  readonly settings: NetworkSettings;
  readonly trust: TrustStore;
  readonly resolve: Resolve;
}

/** One try to open a connection. `phase` is for the message of a timeout. */
interface Attempt {
  readonly signal: AbortSignal;
  phase: string;
}

/** See `Connect`. */
export function createConnect(
  settings: NetworkSettings,
  resolve: Resolve = systemResolve,
  trust = processTrust,
): Connect {
  const proxy = settings.proxy === undefined ? undefined : parseProxy(settings.proxy);
  const deps: Deps = { settings, trust, resolve };
  return async (endpoint, options) => {
    const route = planRoute(endpoint, settings, proxy);
    const deadline = AbortSignal.timeout(options.timeoutMs);
    const attempt: Attempt = {
      signal: AbortSignal.any([options.signal, deadline]),
      phase: 'connecting',
    };
    try {
      return await open(route, options, deps, attempt);
    } catch (thrown) {
      throw explain(thrown, route, options, deadline, attempt);
    }
  };
}

async function open(
  route: Route,
  options: ConnectOptions,
  deps: Deps,
  attempt: Attempt,
): Promise<Duplex> {
  const opened: Duplex[] = [];
  const keep = <T extends Duplex>(stream: T): T => {
    opened.push(stream);
    return stream;
  };
  try {
    const stream = await reach(route, options, deps, attempt, keep);
    if (options.tls === undefined) return stream;
    attempt.phase = 'the TLS handshake';
    const { settings, trust } = deps;
    const ca = [...settings.extraCa, ...(options.tls.ca ?? [])];
    const trusted = { ...options.tls, ca, publicCas: settings.publicCas };
    const { unannouncedEnd } = options.tls;
    const below = unannouncedEnd && keep(new AnnouncedEnd(stream));
    const { requested } = route;
    const secured = keep(await secure(below ?? stream, requested, trusted, trust, attempt.signal));
    if (unannouncedEnd !== undefined) below?.require(unannouncedEnd);
    return secured;
  } catch (thrown) {
    for (const stream of opened) stream.on('error', () => undefined).destroy();
    throw thrown;
  }
}

/** The TCP connection to the target, or the tunnel to it through the proxy. */
async function reach(
  { target, rewritten, proxy }: Route,
  options: ConnectOptions,
  { settings, trust, resolve }: Deps,
  attempt: Attempt,
  keep: <T extends Duplex>(stream: T) => T,
): Promise<Duplex> {
  const { signal } = attempt;
  const checkAddress = rewritten || proxy !== undefined ? undefined : options.checkAddress;
  const onPhase = (phase: string): void => void (attempt.phase = phase);
  const dialOptions = { resolve, checkAddress, onPhase, signal };
  let stream: Duplex = keep(await dial(proxy?.endpoint ?? target, dialOptions));
  if (proxy === undefined) return stream;
  attempt.phase = 'connecting through the proxy';
  if (proxy.secure) {
    const trusted = { ca: settings.extraCa, publicCas: true };
    stream = keep(await secure(stream, proxy.endpoint, trusted, trust, signal));
  }
  await openTunnel(stream, target, proxy, signal);
  return stream;
}

function explain(
  thrown: unknown,
  route: Route,
  options: ConnectOptions,
  deadline: AbortSignal,
  { phase }: Attempt,
): RunnerError {
  if (options.signal.aborted) return RunnerError.from(options.signal.reason, 'ABORTED');
  const where = describeRoute(route);
  if (deadline.aborted)
    return new RunnerError(
      'NETWORK_TIMEOUT',
      `${where} did not answer within ${options.timeoutMs} ms (${phase})`,
      { cause: thrown },
    );
  const error = RunnerError.from(thrown, 'NETWORK_UNREACHABLE');
  if (!['NETWORK_UNREACHABLE', 'NETWORK_RESET', 'NETWORK_TIMEOUT'].includes(error.code))
    return error;
  return new RunnerError(error.code, `${where}: ${error.message} (${phase})`, {
    cause: thrown,
    remedy: error.remedy,
  });
}

function describeRoute({ requested, target, rewritten, proxy }: Route): string {
  const at = rewritten ? ` (at ${formatEndpoint(target)})` : '';
  const through = proxy === undefined ? '' : ` through the proxy ${formatEndpoint(proxy.endpoint)}`;
  return `${formatEndpoint(requested)}${at}${through}`;
}
