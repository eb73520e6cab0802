import { describe, expect, it } from 'vitest';
import type { ConnectedRunner } from '../src/link/registry.ts';
import { heldRuns } from '../src/runs/held-runs.ts';
import { place, type QueuedRun, type Wait } from '../src/runs/placement.ts';
import { queuedAt } from '../src/runs/run.ts';
import type { Runner } from '../src/store/store.ts';
import { RELAY } from './store-relay.contract.ts';

const RUNNER: Runner = {
  id: 'rnr_1',
  name: 'edge',
  nextPublicKey: null,
  keySince: 1,
  publicKey: Buffer.alloc(32),
  version: '1',
  platform: 'p',
  enrolledAt: 1,
  lastSeenAt: 1_700_000_000_000,
  revokedAt: null,
  drainReason: null,
  pool: 'default',
};
const RUN: QueuedRun = {
  id: 'run_1',
  kind: 'metadata',
  service: 'crm',
  pipeline: null,
  workflow: '{}',
  pinnedTo: null,
  pool: null,
  slot: null,
  status: queuedAt({ now: 0, monotonic: 0 }),
  attempt: 1,
  epoch: 0,
  lastEpoch: 0,
  queuedAt: 0,
  startedAt: null,
  cancelReason: null,
  rejectedBy: [],
  lastFailure: null,
  deadlineMs: 0,
  recordsKept: true,
  fullRun: false,
};

function session(presence: object = {}): ConnectedRunner {
  return {
    runnerId: 'rnr_1',
    bootId: 'boot',
    isAlive: async () => true,
    send: () => undefined,
    reject: () => undefined,
    close: () => undefined,
    presence: () => ({
      channel: 'ws',
      version: '1',
      platform: 'p',
      capacity: 1,
      running: 0,
      draining: false,
      condition: '',
      spoolBytes: 0,
      jobKinds: ['metadata'],
      ...presence,
    }),
  };
}

function waitOf(
  run: object,
  connected: readonly ConnectedRunner[] = [session()],
  runner: object = {},
  scene: Partial<Parameters<typeof place>[0]> = {},
): Wait | undefined {
  return place({
    active: [{ ...RUN, ...run }],
    runners: [{ ...RUNNER, ...runner }],
    connected,
    keepers: new Map(),
    held: new Map(),
    now: 1,
    exclusiveFrom: 0,
    ...scene,
  }).waits.get('run_1');
}

describe('waiting run', () => {
  it.each([
    [
      'RUNNER_MISSING',
      waitOf({ pinnedTo: 'gone' }),
      'waiting for runner gone, which is not enrolled',
    ],
    [
      'RUNNER_AWAY',
      waitOf({ pinnedTo: 'edge' }, []),
      'waiting for runner edge, not connected since 2023-11-14T22:13:20.000Z',
    ],
    ['POOL_EMPTY', waitOf({ pool: 'eu' }), 'no runner of pool eu is connected'],
    [
      'POOL_DIFFERS',
      waitOf({ pool: 'eu', pinnedTo: 'edge' }),
      'waiting for runner edge in pool eu, but it is in pool default',
    ],
    ['REJECTED', waitOf({ rejectedBy: ['rnr_1'] }), 'edge rejected the run permanently'],
    [
      'KIND_UNSUPPORTED',
      waitOf({ kind: 'test_connection' }),
      'edge does not support jobs of kind test_connection',
    ],
    [
      'RUNNER_DRAINING',
      waitOf({}, [session()], { drainReason: 'repairs' }),
      'edge takes no new runs (draining)',
    ],
  ])('counts %s as absence and explains it', (code, wait, message) => {
    expect(wait).toMatchObject({ code, message, absent: true });
    expect(wait!.remedy).not.toBe('');
  });

  it('waits until leases from before a restart have expired, unless it is not exclusive', () => {
    const restarted = { exclusiveFrom: 2 };
    expect(waitOf({}, [session()], {}, restarted)).toMatchObject({
      code: 'RESTARTED',
      absent: false,
    });
    const check = session({ jobKinds: ['test_connection'] });
    expect(waitOf({ kind: 'test_connection' }, [check], {}, restarted)).toBeUndefined();
  });

  it('waits at capacity without a limit, and is offered when capacity is free', () => {
    expect(waitOf({}, [session({ capacity: 0 })])).toMatchObject({
      code: 'AT_CAPACITY',
      absent: false,
    });
    expect(waitOf({})).toBeUndefined();
  });

  it('waits until OpenMetadata has the results of the run before, then for its answer', () => {
    const writing = {
      ...RELAY,
      runId: 'run_0',
      service: 'crm',
      status: { state: 'writing', epoch: 1, trouble: null },
    } as const;
    const own = { ...RELAY, runId: 'run_1', service: 'crm' };
    const held = (relays: Parameters<typeof heldRuns>[0]) =>
      waitOf({}, [session()], {}, { held: heldRuns(relays) });
    expect(held([writing, own])?.message).toBe(
      'waiting until OpenMetadata has the results of run run_0',
    );
    expect(held([{ ...writing, service: 'other' }, own])).toMatchObject({
      code: 'RELAY_PENDING',
      message: 'asking OpenMetadata endpoint prod for its catalog',
      absent: false,
    });
    const error = { code: 'SINK_BUSY', message: 'it restarts', remedy: 'Wait.' };
    const troubled = {
      ...own,
      status: { state: 'waiting', trouble: { error, since: 1 } },
    } as const;
    expect(held([troubled])).toMatchObject({
      message: 'waiting for OpenMetadata endpoint prod: it restarts',
      remedy: 'Wait.',
    });
    expect(held([{ ...own, status: { state: 'pending', trouble: null } }])).toBeUndefined();
  });
});
