import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/limits.ts';
import type { Deployment } from '../../src/openmetadata/deployed-pipelines.ts';
import { Settling } from '../../src/openmetadata/deployments/settling.ts';
import { ChangeHub } from '../../src/runtime/change-hub.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../stage.ts';
import { ingestionPipeline } from './stage.ts';

const LONG_MS = 60_000;
const DEPLOYMENT: Deployment = {
  endpoint: 'prod',
  id: 'p1',
  name: 'nightly',
  fqn: 'sales.nightly',
  service: 'sales',
  pipeline: 'sales.nightly',
  pool: 'default',
  payload: { ...ingestionPipeline({}) },
  connection: { type: 'Salesforce' },
  enabled: true,
  deployedAt: 1,
  settledAt: null,
  sealedToken: Buffer.from('sealed'),
};

/** Time passes with each look at it. A long sleep ends the test. */
class BusyClock implements Clock {
  readonly slept = new AbortController();
  #now = 0;

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return (this.#now += 1);
  }

  async sleep(ms: number): Promise<void> {
    this.#now += ms;
    if (ms >= LONG_MS) this.slept.abort();
  }
}

let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
beforeEach(async () => {
  folder = temporaryFolder();
  store = openSqliteStore(join(folder.path, 'store.sqlite'));
  await store.transaction(async (tx) => {
    await tx.endpoints.save({
      name: 'prod',
      server: 'https://catalog.acme.example/api',
      ca: null,
      pool: null,
      poolRules: [],
      allowPlainSecrets: false,
      user: 'openmetadata-prod',
      passwordHash: 'scrypt$…',
      upstream: null,
      upstreamPassword: null,
      updatedAt: 1,
    });
    await tx.deployments.save(DEPLOYMENT);
  });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

it.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'lets a deployment take effect, also if its quiet of %i ms ends while others are looked at',
  async (deployQuietMs) => {
    const clock = new BusyClock();
    const settling = new Settling({
      store,
      clock,
      changes: new ChangeHub(),
      limits: { ...DEFAULT_LIMITS, deployQuietMs },
      log: pino({ enabled: false }),
    });
    settling.deployed(DEPLOYMENT);
    await settling.run(clock.slept.signal);
    expect((await store.read.deployments.get('prod', 'p1'))?.settledAt).not.toBeNull();
  },
);
