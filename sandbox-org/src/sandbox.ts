import { setMaxListeners } from 'node:events';
import type { Server } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { Credentials } from './access/accounts.ts';
import { CURRENT_VERSION } from './api/versions.ts';
import type { FaultRule } from './control/fault-rules.ts';
import type { StatsReport } from './control/stats.ts';
import { createAdminServer, type AdminActions } from './http/admin.ts';
import { Listeners } from './http/listeners.ts';
import { createConnectProxy } from './http/proxy.ts';
import { createOrgServer } from './http/server.ts';
import { compileOptions, type CompiledOptions, type SandboxOptions } from './options.ts';
import type { Org } from './org/org.ts';
import { adminActions, composeSandbox, type SandboxCore } from './compose.ts';
import { loadIdentity, type Identity } from './tls.ts';

export type { Credentials, FaultRule, SandboxOptions, StatsReport };

/** A running sandbox org. */
export interface Sandbox {
  readonly port: number;
  /** The port that requires a client certificate; null without `clientCas`. */
  readonly mutualPort: number | null;
  readonly caFile: string;
  readonly caPem: string;
  /** `acme.my`. */
  readonly myDomain: string;
  readonly hosts: readonly string[];
  readonly apiVersion: string;
  /** 15 characters. */
  readonly organizationId: string;
  readonly credentials: Credentials;
  readonly adminUrl: string;
  readonly adminToken: string;
  /** Null without a proxy. */
  readonly proxyUrl: string | null;
  /** The org's metadata; edits update the times of conditional requests. */
  readonly org: Org;
  readonly stats: () => StatsReport;
  readonly resetStats: () => void;
  readonly faults: {
    install(...rules: FaultRule[]): void;
    clear(): void;
  };
  readonly expireSessions: () => void;
  readonly unlockUser: () => void;
  /** Registers a certificate or public key (PEM) for the JWT bearer flow. */
  readonly registerCertificate: (pem: string) => void;
  /**
   * Breaks all connections to the org and refuses new ones. Resolves with a function that ends
   * this.
   */
  readonly goDown: () => Promise<() => Promise<void>>;
  readonly close: () => Promise<void>;
}

/**
 * Starts the org, its admin endpoint and optionally its proxy, all on loopback. Throws SandboxError
 * for invalid options.
 */
export async function startSandbox(raw: SandboxOptions = {}): Promise<Sandbox> {
  const options = compileOptions(raw);
  const core = composeSandbox(options);
  const identity = await loadIdentity(options.state, Date.now());
  const listeners = new Listeners();
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const close = async (): Promise<void> => {
    closing.abort();
    await listeners.closeAll();
  };
  try {
    const actions = adminActions(core);
    const ports = await listen({
      core,
      options,
      identity,
      actions,
      listeners,
      signal: closing.signal,
    });
    return {
      ...facts(core, options, identity),
      ...addresses(ports, options),
      ...handles(core, actions),
      port: ports.org,
      mutualPort: ports.mutual,
      goDown: () => listeners.suspend(ports.server),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Ports {
  readonly server: Server;
  readonly org: number;
  readonly mutual: number | null;
  readonly admin: number;
  readonly proxy: number | null;
}

interface Listening {
  readonly core: SandboxCore;
  readonly options: CompiledOptions;
  readonly identity: Identity;
  readonly actions: AdminActions;
  readonly listeners: Listeners;
  readonly signal: AbortSignal;
}

async function listen({
  core,
  options,
  identity,
  actions,
  listeners,
  signal,
}: Listening): Promise<Ports> {
  const sleep = (millis: number): Promise<void> =>
    delay(millis, undefined, { signal }).catch(() => undefined);
  const { clientCas } = options;
  const server = createOrgServer({ identity, gateway: core.gateway, sleep });
  const org = await listeners.start(server, options.port);
  const mutual =
    clientCas.length === 0
      ? null
      : await listeners.start(
          createOrgServer({ identity, gateway: core.gateway, sleep, clientCas }),
          0,
        );
  const admin = await listeners.start(createAdminServer(options.adminToken, actions), 0);
  if (options.proxyPort === null) return { server, org, mutual, admin, proxy: null };
  const proxy = createConnectProxy(
    { target: org, credentials: options.proxyCredentials },
    core.proxyCounts,
  );
  return { server, org, mutual, admin, proxy: await listeners.start(proxy, options.proxyPort) };
}

type Facts = Pick<
  Sandbox,
  'caFile' | 'caPem' | 'myDomain' | 'hosts' | 'apiVersion' | 'organizationId' | 'credentials'
>;

function facts(
  { gateway }: SandboxCore,
  { myDomain }: CompiledOptions,
  { caFile, caPem }: Identity,
): Facts {
  const { hosts, api, accounts } = gateway;
  return {
    caFile,
    caPem,
    myDomain,
    hosts: hosts.all,
    apiVersion: CURRENT_VERSION,
    organizationId: api.org.id,
    credentials: accounts.credentials,
  };
}

function addresses(
  { admin, proxy }: Ports,
  { adminToken }: CompiledOptions,
): Pick<Sandbox, 'adminUrl' | 'adminToken' | 'proxyUrl'> {
  const at = (port: number): string => `http://127.0.0.1:${port}`;
  return { adminUrl: at(admin), adminToken, proxyUrl: proxy === null ? null : at(proxy) };
}

type Handles = Pick<
  Sandbox,
  | 'org'
  | 'stats'
  | 'resetStats'
  | 'faults'
  | 'expireSessions'
  | 'unlockUser'
  | 'registerCertificate'
>;

function handles({ gateway: { api } }: SandboxCore, actions: AdminActions): Handles {
  const { stats, resetStats, expireSessions, unlockUser, registerCertificate } = actions;
  return {
    org: api.org,
    stats,
    resetStats,
    expireSessions,
    registerCertificate,
    unlockUser,
    faults: { install: (...rules) => api.faults.install(rules), clear: () => api.faults.clear() },
  };
}
