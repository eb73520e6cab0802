import { once, setMaxListeners } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Accounts, type Credentials } from './access/accounts.ts';
import { Sessions } from './access/sessions.ts';
import { serve } from './api/api.ts';
import type { ApiContext } from './api/context.ts';
import { DescribeStore } from './api/describe-store.ts';
import { CURRENT_VERSION } from './api/versions.ts';
import type { FaultRule } from './control/fault-rules.ts';
import { Faults } from './control/faults.ts';
import { Latency } from './control/latency.ts';
import { Stats, type StatsReport } from './control/stats.ts';
import { Usage } from './control/usage.ts';
import { createAdminServer, type AdminActions } from './http/admin.ts';
import type { GatewayContext } from './http/gateway.ts';
import { Hosts } from './http/hosts.ts';
import { createConnectProxy, type ProxyCounts } from './http/proxy.ts';
import { createOrgServer } from './http/server.ts';
import { compileOptions, type CompiledOptions, type SandboxOptions } from './options.ts';
import type { Edit } from './org/edits.ts';
import { Org } from './org/org.ts';
import { Cursors } from './query/cursors.ts';
import { dataSources } from './query/data-sources.ts';
import { loadIdentity } from './tls.ts';

export type { Credentials, Edit, FaultRule, SandboxOptions, StatsReport };

/** A running sandbox org. */
export interface Sandbox {
  readonly port: number;
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
  /** Null where no proxy was asked for. */
  readonly proxyUrl: string | null;
  /** The org's metadata; edits move the times that conditional requests see. */
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
  readonly close: () => Promise<void>;
}

interface Parts {
  readonly gateway: GatewayContext;
  readonly proxyCounts: ProxyCounts;
}

const ORGANIZATION_NAME = 'Acme Widgets GmbH';

/** Starts the org, its admin endpoint and, where asked for, its proxy, all on loopback. Throws SandboxError for bad options. */
export async function startSandbox(raw: SandboxOptions = {}): Promise<Sandbox> {
  const options = compileOptions(raw);
  const parts = build(options);
  const identity = await loadIdentity(options.state, Date.now());
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const sleep = (millis: number): Promise<void> => delay(millis, undefined, { signal: closing.signal }).catch(() => undefined);
  const server = createOrgServer({ identity, gateway: parts.gateway, sleep });
  const admin = createAdminServer(options.adminToken, controls(parts));
  const [port, adminPort] = await Promise.all([listen(server, options.port), listen(admin, 0)]);
  const proxy = options.proxyPort === null ? null : createConnectProxy({ target: port, credentials: options.proxyCredentials }, parts.proxyCounts);
  const proxyPort = proxy && (await listen(proxy, options.proxyPort ?? 0));
  const { hosts, accounts, api } = parts.gateway;
  const actions = controls(parts);
  return {
    port, caFile: identity.caFile, caPem: identity.caPem, myDomain: options.myDomain, hosts: hosts.all,
    apiVersion: CURRENT_VERSION, organizationId: api.org.id,
    credentials: accounts.credentials, adminUrl: `http://127.0.0.1:${adminPort}`, adminToken: options.adminToken,
    proxyUrl: proxyPort === null ? null : `http://127.0.0.1:${proxyPort}`,
    org: api.org, stats: actions.stats, resetStats: actions.resetStats, expireSessions: actions.expireSessions,
    registerCertificate: actions.registerCertificate,
    faults: { install: (...rules) => api.faults.install(rules), clear: () => api.faults.clear() },
    unlockUser: () => accounts.unlock(),
    close: async () => {
      closing.abort();
      await Promise.all([server, admin, ...(proxy ? [proxy] : [])].map(closeServer));
    },
  };
}

function build(options: CompiledOptions): Parts {
  const { seed, now } = options;
  const faults = new Faults(seed);
  const org = new Org({ objects: options.objects, seed, now, clockOffset: () => faults.clockOffset() });
  const accounts = new Accounts(options);
  accounts.jwtKeys.push(...options.jwtKeys);
  const isSandbox = options.myDomain.includes('.sandbox.');
  const api: ApiContext = {
    org, describes: new DescribeStore(org), cursors: new Cursors(), faults, stats: new Stats(),
    sources: dataSources(org, { organizationName: ORGANIZATION_NAME, isSandbox, credentials: accounts.credentials }),
    latency: new Latency({ roundTrip: options.latency, serverTime: options.serverTime, seed }),
    usage: new Usage({ ...options, longRunningMillis: options.longRunningSeconds * 1000 }),
    serve: (request) => serve(request, api),
  };
  const sessions = new Sessions(org.id, options.sessionTimeout, now);
  const hosts = new Hosts(options.myDomain);
  const gateway = { api, accounts, sessions, hosts, organizationName: ORGANIZATION_NAME, isSandbox, now };
  return { proxyCounts: { connections: 0, refused: 0 }, gateway };
}

function controls({ gateway, proxyCounts }: Parts): AdminActions {
  const { api, sessions, accounts } = gateway;
  const { stats, usage, faults } = api;
  return {
    stats: () => ({
      ...stats.counts, apiCalls: usage.used, dailyLimit: usage.dailyLimit, httpRequests: stats.httpRequests, ...stats.traffic,
      logins: sessions.logins, sessions: sessions.size, maxConcurrency: usage.mostAtOnce, connections: stats.connections,
      faultsFired: faults.fired, proxy: { ...proxyCounts },
    }),
    resetStats: () => {
      stats.reset();
      usage.reset();
      Object.assign(proxyCounts, { connections: 0, refused: 0 });
      sessions.logins = 0;
      faults.fired = 0;
    },
    installFaults: (rules) => faults.install(rules), clearFaults: () => faults.clear(), expireSessions: () => sessions.expireAll(),
    edit: (edit: Edit) => api.org.edit(edit), registerCertificate: (pem) => void accounts.jwtKeys.push(pem),
  };
}

async function listen(server: HttpServer, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: HttpServer): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
