import {
  type NetworkChannel,
  NETWORK_CHANNELS,
} from '../../foundation/src/network/channel-kind.ts';
import type { Dialer } from '../channel/channel.ts';
import { createDialers } from '../channel/dialers.ts';
import type { Challenge } from '../channel/frames.ts';
import { parseControlPlaneUrl, type ControlPlaneAddress } from '../channel/control-plane-url.ts';
import { controlPlaneNetwork, sourceNetwork } from '../config/network-settings.ts';
import type { RunnerConfig } from '../config/runner-config.ts';
import { syslogTls } from '../config/syslog-network.ts';
import { CONNECTOR_TYPES } from '../connectors/registry.ts';
import { probe } from '../link/connection/probe.ts';
import { loadIdentity, type Identity } from '../link/enrollment/identity.ts';
import { sealFor } from '../sealing/seal.ts';
import { denial } from '../policy/decision.ts';
import { requirePolicy } from '../policy/open-policy.ts';
import type { Policy } from '../policy/policy.ts';
import { formatHostRule, type HostRule } from '../policy/host-rule.ts';
import { createConnect } from '../../foundation/src/network/open.ts';
import { formatEndpoint } from '../../foundation/src/network/endpoint.ts';
import { parseProxy } from '../../foundation/src/network/proxy.ts';
import { RunnerError } from '../../foundation/src/runtime/errors.ts';
import { openProviders } from '../secrets/open-providers.ts';
import type { Providers } from '../secrets/provider.ts';
import type { ProviderDeps } from '../secrets/providers/provider-kind.ts';
import { inspect, type Inspection, type Target } from './inspect.ts';
import { once } from './once.ts';
import type { DoctorOptions } from './options.ts';
import { secretDirectories } from '../secrets/providers/registry.ts';
import { processVersions } from '../secrets/value-versions.ts';

/**
 * What several checks need to know, found out once. A failure is for each check that asks: only one
 * of them reports it.
 */
export class Facts {
  readonly options: DoctorOptions;
  readonly #signal: AbortSignal;
  readonly #inspections = new Map<string, Promise<Inspection>>();

  constructor(options: DoctorOptions, signal: AbortSignal) {
    this.options = options;
    this.#signal = signal;
  }

  readonly config = once(async (): Promise<RunnerConfig> => (await this.options.settings()).config);

  /** Throws NOT_ENROLLED and the codes of its files. */
  readonly identity = once(async (): Promise<Identity> => {
    const { stateDir } = await this.config();
    return loadIdentity(stateDir, sealFor(this.options.sealing(), 'identity-key'));
  });

  /** Throws POLICY_MISSING, POLICY_INVALID and the codes of its file. */
  readonly policy = once(async (): Promise<Policy> => {
    const { policyFile, secrets } = await this.config();
    const source = { file: policyFile, connectors: CONNECTOR_TYPES };
    return requirePolicy(source, secretDirectories(secrets));
  });

  readonly providerDeps = once(async (): Promise<ProviderDeps> => {
    const { env, machine, redactor } = this.options;
    const { clock, random, resolve } = machine;
    const connect = createConnect(await sourceNetwork(await this.config()), resolve);
    const sealing = this.options.sealing();
    const protect = (value: string): void => redactor.add(value);
    const versions = processVersions(random);
    return { env, clock, random, connect, protect, versions, sealing };
  });

  readonly providers = once(async (): Promise<Providers> => {
    const { secrets } = await this.config();
    return openProviders(secrets, await this.providerDeps());
  });

  /** From the enrollment, or from the configuration before it. */
  readonly controlPlane = once(async (): Promise<ControlPlaneAddress> => {
    const { controlPlane } = await this.config();
    const url = controlPlane.url ?? (await this.identity()).controlPlaneUrl;
    return parseControlPlaneUrl(url);
  });

  readonly controlPlaneTarget = once(async (): Promise<Target> => {
    const { endpoint } = await this.controlPlane();
    const network = await controlPlaneNetwork(await this.config());
    const caSetting = 'controlPlane.caFile';
    return { endpoint, network, role: 'control plane', isControlPlane: true, caSetting };
  });

  /**
   * Undefined without a server, and for one that gets a client certificate: it may end a handshake
   * without it, and it is for trusted servers only.
   */
  readonly syslogTarget = once(async (): Promise<Target | undefined> => {
    const config = await this.config();
    const { syslog } = config.audit;
    if (syslog === undefined || syslog.client !== undefined) return undefined;
    const { network } = await syslogTls(config, syslog);
    const caSetting = 'audit.syslog.caFile';
    const { server: endpoint } = syslog;
    return { endpoint, network, role: 'syslog server', isControlPlane: false, caSetting };
  });

  /** Every host that the policy names exactly. */
  readonly policyTargets = once(async (): Promise<readonly Target[]> => {
    const network = await sourceNetwork(await this.config());
    const policy = await this.policy();
    return [...(await this.#namedHosts())].map(([, { host, port, rules }]) => ({
      endpoint: { host, port },
      network,
      role: rules.join(', '),
      isControlPlane: false,
      caSetting: 'network.caFile',
      checkAddress: (address) => assertPermitted(address, policy),
    }));
  });

  /** All servers that the runner connects to, the control plane first. */
  readonly targets = once(async (): Promise<readonly Target[]> => {
    const controlPlane = await this.controlPlaneTarget().catch(() => undefined);
    const syslog = await this.syslogTarget().catch(() => undefined);
    const others = await this.policyTargets().catch(() => []);
    return [controlPlane, syslog, ...others].filter((target) => target !== undefined);
  });

  /** How many servers and references the longest check waits for. */
  async breadth(): Promise<number> {
    const rules = await this.policy().then(
      ({ outline }) => outline.secrets.length,
      () => 0,
    );
    return Math.max(rules, (await this.targets()).length);
  }

  /** Rejects if no connection to the proxy can be opened. */
  readonly proxyAnswers = once(async (): Promise<void> => {
    const config = await this.config();
    if (config.network.proxy === undefined) return;
    const { endpoint, secure } = parseProxy(config.network.proxy);
    const network = await sourceNetwork(config);
    const direct = { ...network, proxy: undefined, connectTo: [] };
    const connect = createConnect(direct, this.options.machine.resolve);
    const limits = { signal: this.#signal, timeoutMs: this.options.timeoutMs };
    const stream = await connect(endpoint, secure ? { ...limits, tls: {} } : limits);
    stream.on('error', () => undefined).destroy();
  });

  readonly #dialers = once(async (): Promise<readonly Dialer[]> => {
    const { machine, timeoutMs } = this.options;
    const { network } = await this.controlPlaneTarget();
    const { authority } = await this.controlPlane();
    return createDialers('auto', {
      url: `wss://${authority}`,
      connect: createConnect(network, machine.resolve),
      clock: machine.clock,
      timeoutMs,
    });
  });

  readonly #webSocket = once(() => this.#tryChannel('ws'));
  readonly #grpc = once(() => this.#tryChannel('grpc'));

  /** Rejects if a channel of this kind does not open, or the control plane says nothing on it. */
  challenge(kind: NetworkChannel): Promise<Challenge> {
    return kind === 'ws' ? this.#webSocket() : this.#grpc();
  }

  /** For a channel that opens and that the configuration permits. */
  async openDialer(): Promise<Dialer | undefined> {
    const { channel } = (await this.config()).controlPlane;
    for (const kind of NETWORK_CHANNELS)
      if ((channel === 'auto' || channel === kind) && !(await errorOf(this.challenge(kind))))
        return (await this.#dialers()).find((dialer) => dialer.kind === kind);
    return undefined;
  }

  async #tryChannel(kind: NetworkChannel): Promise<Challenge> {
    const { machine, timeoutMs } = this.options;
    const dialer = (await this.#dialers()).find((each) => each.kind === kind)!;
    return probe(dialer, timeoutMs, machine.clock, this.#signal);
  }

  /** Connects to a target, once for all checks. */
  inspect(target: Target): Promise<Inspection> {
    const key = `${target.role} ${formatEndpoint(target.endpoint)}`;
    const known = this.#inspections.get(key);
    if (known !== undefined) return known;
    const { machine, timeoutMs } = this.options;
    const deps = { resolve: machine.resolve, timeoutMs, proxyAnswers: this.proxyAnswers };
    const inspection = inspect(target, deps, this.#signal);
    inspection.catch(() => undefined);
    this.#inspections.set(key, inspection);
    return inspection;
  }

  async #namedHosts(): Promise<ReadonlyMap<string, HostRule & { readonly rules: string[] }>> {
    const { secrets, hosts } = (await this.policy()).outline;
    const named = new Map<string, HostRule & { readonly rules: string[] }>();
    const add = (host: HostRule, rule: string): void => {
      if (host.wildcard) return;
      const key = formatHostRule(host);
      if (!named.has(key)) named.set(key, { ...host, rules: [] });
      named.get(key)!.rules.push(rule);
    };
    for (const [index, rule] of secrets.entries())
      for (const host of rule.hosts) add(host, `secrets[${index}]`);
    for (const host of hosts) add(host, 'network.allow');
    return named;
  }
}

function assertPermitted(address: string, policy: Policy): void {
  const decision = policy.addressPermitted(address);
  if (!decision.allowed)
    throw denial('ADDRESS_DENIED', `the policy does not allow connections to ${address}`, decision);
}

/** The error that `work` ends with; undefined if it succeeds. */
export async function errorOf(work: Promise<unknown>): Promise<RunnerError | undefined> {
  try {
    await work;
    return undefined;
  } catch (thrown) {
    return RunnerError.from(thrown);
  }
}
