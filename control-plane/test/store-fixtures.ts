import type { QueuedRun } from '../src/runs/placement.ts';
import type { Entity, NewEntity } from '../src/store/entity.ts';
import type { Attempt, Runner, Store } from '../src/store/store.ts';

export interface StoreStage {
  open(): Store;
  /** Deletes the files of the stage. */
  remove(): void;
}

export const RUN: QueuedRun = {
  id: 'run_1',
  kind: 'metadata',
  service: 'sandbox',
  pipeline: null,
  workflow: '{}',
  pinnedTo: null,
  pool: 'eu',
  slot: { at: 5, retry: 1 },
  status: {
    state: 'queued',
    notBefore: 5,
    retryAt: null,
    left: { runnerId: 'rnr_1', epoch: 1, attempt: 1 },
    absence: { since: 1, until: 2 },
  },
  attempt: 1,
  epoch: 1,
  lastEpoch: 3,
  lastFailure: { code: 'A', message: 'b', remedy: 'c' },
  queuedAt: 5,
  startedAt: null,
  cancelReason: null,
  rejectedBy: ['rnr_9'],
  deadlineMs: 9,
  fullRun: true,
  recordsKept: true,
};
export const RUNNER: Runner = {
  id: 'rnr_1',
  name: 'r',
  publicKey: Buffer.alloc(32, 2),
  nextPublicKey: Buffer.alloc(32, 3),
  keySince: 2,
  version: '1',
  platform: 'p',
  enrolledAt: 1,
  lastSeenAt: null,
  revokedAt: null,
  drainReason: 'repairs',
  pool: 'eu',
};
export const ATTEMPT: Attempt = {
  runId: 'run_1',
  epoch: 1,
  attempt: 1,
  generation: 3,
  runnerId: 'rnr_1',
  channel: 'ws',
  storedSequence: 0,
  wireBytes: 0,
  entities: 0,
  outcome: null,
  integrity: null,
};
export const ENTITY: NewEntity = {
  service: 'sandbox',
  type: 'table',
  fqn: 'sandbox.a',
  request: { name: 'a', columns: [1, 2], databaseSchema: 'sandbox.d' },
  properties: { x: 1 },
  runId: 'run_1',
  attempt: 1,
  epoch: 1,
  generation: 3,
  updatedAt: 7,
};
export const STORED: Entity = { ...ENTITY, seenBy: 'run_1', seenAt: 7, deletedAt: null };
