import { lookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { untilAborted } from '../runtime/abort.ts';
import { RunnerError } from '../runtime/errors.ts';
import type { Connect, ConnectOptions, NetworkSettings } from './connect.ts';
import { formatEndpoint, parseEndpoint, type Endpoint } from './endpoint.ts';
import { bypassesProxy, parseProxy, type Proxy } from './proxy.ts';
import { secure } from './secure.ts';
import { settle } from './settle.ts';
import { TrustStore } from './trust.ts';
import { openTunnel } from './tunnel.ts';

/** Every address of a host name, in order of preference. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** The operating system's resolver. */
const systemResolve: Resolve = async (host) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

const KEEP_ALIVE_MS = 30_000;
/** How long one of several addresses may take before the next is tried. */
const NEXT_ADDRESS_MS = 2_500;

/** Where a connection goes and how, before anything is opened. */
interface Route {
  /** What the caller asked for: the name in TLS and in the certificate. */
  readonly asked: Endpoint;
  /** What is connected to, or named to the proxy. */
  readonly target: Endpoint;
  /** The target came from the local connectTo setting, not from a name someone else chose. */
  readonly rewritten: boolean;
  readonly proxy: Proxy | undefined;
}

/** What every opening uses. */
interface Means {
  readonly settings: NetworkSettings;
  readonly trust: TrustStore;
  readonly resolve: Resolve;
}

/** One opening: what stops it, and where it stands, for the message when time runs out. */
interface Attempt {
  readonly signal: AbortSignal;
  phase: string;
}

/** See `Connect`. A name is resolved once, every address is checked, and only those addresses are connected to. */
export function createConnect(
  settings: NetworkSettings,
  resolve: Resolve = systemResolve,
): Connect {
  const proxy = settings.proxy === undefined ? undefined : parseProxy(settings.proxy);
  const means: Means = { settings, trust: new TrustStore(), resolve };
  return async (endpoint, options) => {
    const route = plan(endpoint, settings, proxy);
    const deadline = AbortSignal.timeout(options.timeoutMs);
    const attempt: Attempt = {
      signal: AbortSignal.any([options.signal, deadline]),
      phase: 'connecting',
    };
    try {
      return await open(route, options, means, attempt);
    } catch (thrown) {
      throw explain(thrown, route, options, deadline, attempt);
    }
  };
}

function plan(endpoint: Endpoint, settings: NetworkSettings, proxy: Proxy | undefined): Route {
  const asked = parseEndpoint(formatEndpoint(endpoint));
  const rule = settings.connectTo.find(
    ({ from }) => from.host === asked.host && from.port === asked.port,
  );
  const target = rule?.to ?? asked;
  const direct = bypassesProxy(settings.noProxy, asked) || bypassesProxy(settings.noProxy, target);
  return { asked, target, rewritten: rule !== undefined, proxy: direct ? undefined : proxy };
}

async function open(
  route: Route,
  options: ConnectOptions,
  { settings, trust, resolve }: Means,
  attempt: Attempt,
): Promise<Duplex> {
  const { signal } = attempt;
  const opened: Duplex[] = [];
  const keep = <T extends Duplex>(stream: T): T => {
    opened.push(stream);
    return stream;
  };
  try {
    const { proxy } = route;
    const check = route.rewritten || proxy !== undefined ? undefined : options.checkAddress;
    let stream: Duplex = keep(await tcp(proxy?.endpoint ?? route.target, check, resolve, attempt));
    if (proxy !== undefined) {
      attempt.phase = 'asking the proxy';
      if (proxy.secure)
        stream = keep(
          await secure(
            stream,
            proxy.endpoint,
            { ca: settings.extraCa, publicCas: true },
            trust,
            signal,
          ),
        );
      await openTunnel(stream, route.target, proxy, signal);
    }
    if (options.tls === undefined) return stream;
    attempt.phase = 'the TLS handshake';
    return keep(
      await secure(
        stream,
        route.asked,
        {
          ...options.tls,
          ca: [...settings.extraCa, ...(options.tls.ca ?? [])],
          publicCas: settings.publicCas,
        },
        trust,
        signal,
      ),
    );
  } catch (thrown) {
    for (const stream of opened) stream.on('error', () => undefined).destroy();
    throw thrown;
  }
}

async function tcp(
  endpoint: Endpoint,
  check: ConnectOptions['checkAddress'],
  resolve: Resolve,
  attempt: Attempt,
): Promise<Socket> {
  const { signal } = attempt;
  attempt.phase = 'resolving the name';
  const addresses =
    isIP(endpoint.host) === 0
      ? await untilAborted(resolve(endpoint.host), signal)
      : [endpoint.host];
  if (addresses.length === 0)
    throw new RunnerError('NETWORK_UNREACHABLE', `${endpoint.host} has no address`);
  for (const address of addresses) check?.(address);
  attempt.phase = 'connecting';
  const socket = connectTcp({
    host: endpoint.host,
    port: endpoint.port,
    lookup: answering(addresses),
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
    autoSelectFamily: addresses.length > 1,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
  });
  try {
    return await settle<Socket>(socket, signal, (ready, _reject, listen) =>
      listen('connect', () => ready(socket)),
    );
  } catch (thrown) {
    socket.on('error', () => undefined).destroy();
    throw thrown;
  }
}

/** A lookup that knows only the addresses that were checked, so that a second answer of the resolver cannot matter. */
function answering(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, callback) => {
    if (options.all === true) callback(null, all);
    else callback(null, all[0]!.address, all[0]!.family);
  };
}

function explain(
  thrown: unknown,
  route: Route,
  options: ConnectOptions,
  deadline: AbortSignal,
  { phase }: Attempt,
): RunnerError {
  if (options.signal.aborted) return RunnerError.from(options.signal.reason, 'ABORTED');
  const where = `${formatEndpoint(route.asked)}${route.rewritten ? ` (at ${formatEndpoint(route.target)})` : ''}${route.proxy === undefined ? '' : ` through the proxy ${formatEndpoint(route.proxy.endpoint)}`}`;
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
