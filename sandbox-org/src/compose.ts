import { customFields } from './query/setup-sources.ts';
import { Accounts } from './access/accounts.ts';
import { Sessions } from './access/sessions.ts';
import { serve } from './api/api.ts';
import type { ApiContext } from './api/context.ts';
import { DescribeStore } from './api/describe-store.ts';
import { Faults } from './control/faults.ts';
import { Latency } from './control/latency.ts';
import { Stats } from './control/stats.ts';
import { Usage } from './control/usage.ts';
import type { AdminActions } from './http/admin.ts';
import type { GatewayContext } from './http/outcome.ts';
import { Hosts } from './http/hosts.ts';
import type { ProxyCounts } from './http/proxy.ts';
import type { CompiledOptions } from './options.ts';
import { Org } from './org/org.ts';
import { Cursors } from './query/cursors.ts';
import { dataSources } from './query/data-sources.ts';

/** A sandbox org without its servers. */
export interface SandboxCore {
  readonly gateway: GatewayContext;
  readonly proxyCounts: ProxyCounts;
}

const ORGANIZATION_NAME = 'Acme Widgets GmbH';

export function composeSandbox(options: CompiledOptions): SandboxCore {
  const { seed, now } = options;
  const faults = new Faults(seed);
  const org = new Org({
    objects: options.objects,
    seed,
    now,
    clockOffset: () => faults.clockOffset(),
  });
  const accounts = new Accounts(options);
  accounts.jwtKeys.push(...options.jwtKeys);
  const isSandbox = options.myDomain.includes('.sandbox.');
  const api: ApiContext = {
    org,
    describes: new DescribeStore(org),
    cursors: new Cursors(),
    faults,
    stats: new Stats(),
    sources: dataSources(org, {
      organizationName: ORGANIZATION_NAME,
      isSandbox,
      credentials: accounts.credentials,
    }),
    latency: new Latency({ roundTrip: options.latency, serverTime: options.serverTime, seed }),
    usage: new Usage({ ...options, longRunningMillis: options.longRunningSeconds * 1000 }),
    serve: (request) => serve(request, api),
  };
  const sessions = new Sessions(org.id, options.sessionTimeout, now);
  const hosts = new Hosts(options.myDomain);
  const gateway = {
    api,
    accounts,
    sessions,
    hosts,
    organizationName: ORGANIZATION_NAME,
    isSandbox,
    now,
  };
  return { proxyCounts: { connections: 0, rejected: 0 }, gateway };
}

/** The actions of the admin endpoint. */
export function adminActions({ gateway, proxyCounts }: SandboxCore): AdminActions {
  const { api, sessions, accounts } = gateway;
  const { stats, usage, faults } = api;
  return {
    stats: () => ({
      ...stats.counts,
      apiCalls: usage.used,
      dailyLimit: usage.dailyLimit,
      httpRequests: stats.httpRequests,
      ...stats.traffic,
      logins: sessions.logins,
      sessions: sessions.size,
      maxConcurrency: usage.mostAtOnce,
      connections: stats.connections,
      faultsFired: faults.fired,
      proxy: { ...proxyCounts },
    }),
    resetStats: () => {
      stats.reset();
      usage.reset();
      Object.assign(proxyCounts, { connections: 0, rejected: 0 });
      sessions.logins = 0;
      faults.fired = 0;
    },
    installFaults: (rules) => faults.install(rules),
    clearFaults: () => faults.clear(),
    expireSessions: () => sessions.expireAll(),
    unlockUser: () => accounts.unlock(),
    edit: (edits) => {
      for (const edit of edits) api.org.edit(edit);
      // Otherwise, the first query after the edits would take longer than any other.
      customFields(api.org);
    },
    registerCertificate: (pem) => void accounts.jwtKeys.push(pem),
  };
}
