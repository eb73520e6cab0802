import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Health } from '../src/server/health.ts';
import { openSqliteStore } from '../src/store/sqlite.ts';
import type { Store } from '../src/store/store.ts';
import { SteppedClock, temporaryFolder } from './stage.ts';

let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
let writes: number;
/** In the place of the store's transactions. */
let transaction: Store['transaction'];
let clock: SteppedClock;
let health: Health;

beforeEach(() => {
  folder = temporaryFolder();
  store = openSqliteStore(`${folder.path}/store.sqlite`);
  transaction = (work) => store.transaction(work);
  writes = 0;
  clock = new SteppedClock();
  const counted: Store = {
    ...store,
    transaction: (work) => {
      writes += 1;
      return transaction(work);
    },
  };
  health = new Health({ store: counted, clock, log: pino({ level: 'silent' }) });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

describe('readiness', () => {
  it('says starting until the port is bound, and draining from the shutdown on', async () => {
    expect(await health.ready()).toEqual({ ok: false, word: 'starting' });
    health.become('serving');
    expect(await health.ready()).toEqual({ ok: true, word: 'ready' });
    health.become('draining');
    expect(await health.ready()).toEqual({ ok: false, word: 'draining' });
  });

  it('follows whether the store takes writes', async () => {
    health.become('serving');
    transaction = () => Promise.reject(new Error('database or disk is full'));
    expect(await health.ready()).toEqual({ ok: false, word: 'store' });
    expect(health.live()).toEqual({ ok: true, word: 'alive' });
    transaction = (work) => store.transaction(work);
    clock.skip(1000);
    expect(await health.ready()).toEqual({ ok: true, word: 'ready' });
  });

  it('writes once a second at most, however often it is asked', async () => {
    health.become('serving');
    const asked = Array.from({ length: 50 }, () => health.ready());
    expect((await Promise.all(asked)).every(({ ok }) => ok)).toBe(true);
    for (let times = 0; times < 5; times++) health.live();
    expect(writes).toBe(1);
    clock.skip(1000);
    await health.ready();
    expect(writes).toBe(2);
  });
});

describe('liveness', () => {
  it('ends when a write has not ended for a minute', async () => {
    health.become('serving');
    const { promise, resolve } = Promise.withResolvers<undefined>();
    transaction = async (work) => {
      await promise;
      return store.transaction(work);
    };
    expect(health.live()).toEqual({ ok: true, word: 'alive' });
    clock.skip(59_000);
    expect(health.live()).toEqual({ ok: true, word: 'alive' });
    clock.skip(1000);
    expect(health.live()).toEqual({ ok: false, word: 'stuck' });
    const ready = health.ready();
    resolve(undefined);
    expect(await ready).toEqual({ ok: true, word: 'ready' });
    expect(health.live()).toEqual({ ok: true, word: 'alive' });
  });
});
