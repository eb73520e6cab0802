import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect } from 'vitest';
import { allocateGeneration } from '../src/catalog/catalog-state.ts';
import { momentOf, systemClock } from '../src/runtime/clock.ts';
import { ChangeHub } from '../src/runtime/change-hub.ts';
import { StartFailures } from '../src/schedules/start-failures.ts';
import { noTracer } from '../src/telemetry/run-tracer.ts';
import { ProgressBoard } from '../src/runs/progress-board.ts';
import { storeBatch } from '../src/link/batch-store.ts';
import type { Batch } from '../src/link/frames.ts';
import type { QueuedRun } from '../src/runs/placement.ts';
import { offerTo, queuedAt, renew } from '../src/runs/run.ts';
import type { Deps } from '../src/deps.ts';
import { DEFAULT_LIMITS } from '../src/limits.ts';
import { openSqliteStore } from '../src/store/sqlite.ts';
import type { Store } from '../src/store/store.ts';
import { batch, outcomeLine } from './fake-records.ts';
import type { Ref } from './fake-runner.ts';
import { temporaryFolder } from './stage.ts';

/** Runs of one service whose streams arrive out of order, delivered to a real store in batches. */

export const SCHEMA = 'crm.default.salesforce';
export const line = (record: object): string => JSON.stringify(record);
export const fqnOf = (name: string): string => `${SCHEMA}.${name}`;
export const table = (name: string, description: string): string =>
  line({
    kind: 'entity',
    type: 'table',
    fqn: fqnOf(name),
    request: { name, description, databaseSchema: SCHEMA },
  });
export const edge = (from: string, to: string, description: string): string =>
  line({ kind: 'lineage', from: fqnOf(from), to: fqnOf(to), details: { description } });
export const sweep = (...keep: string[]): string =>
  line({ kind: 'sweep', type: 'table', parent: SCHEMA, keep: keep.map(fqnOf) });
export const unchanged = (...names: string[]): string =>
  line({ kind: 'unchanged', type: 'table', fqns: names.map(fqnOf) });
export const deletion = (name: string): string =>
  line({ kind: 'deletion', type: 'table', fqn: fqnOf(name) });

let folder: ReturnType<typeof temporaryFolder>;
export let store: Store;
let deps: Deps;
let assigned = 0;

interface Assigned {
  readonly ref: Ref;
  readonly revision: string;
}

const HOLDER = { runnerId: 'rnr_1', bootId: 'boot' };

/**
 * Assigns a run and starts it. Its records count as old as the assignment, whenever they arrive.
 */
export async function assign(): Promise<Assigned> {
  const at = momentOf(systemClock);
  const queued: QueuedRun = {
    id: `run_${++assigned}`,
    kind: 'metadata',
    service: 'crm',
    pipeline: null,
    workflow: '{}',
    pinnedTo: null,
    pool: null,
    slot: null,
    status: queuedAt(at),
    attempt: 1,
    epoch: 0,
    lastEpoch: 0,
    queuedAt: 0,
    startedAt: null,
    cancelReason: null,
    rejectedBy: [],
    lastFailure: null,
    deadlineMs: 0,
    fullRun: false,
    recordsKept: true,
  };
  return store.transaction(async (tx) => {
    const run = renew(offerTo(queued, HOLDER, 9), HOLDER, at, 60_000);
    const state = allocateGeneration(await tx.catalogStates.get('crm'));
    await tx.catalogStates.save(state);
    await tx.runs.save(run);
    await tx.runs.saveAttempt({
      runId: run.id,
      epoch: run.epoch,
      attempt: 1,
      generation: state.lastGeneration,
      runnerId: 'rnr_1',
      channel: 'ws',
      storedSequence: 0,
      wireBytes: 0,
      entities: 0,
      outcome: null,
      integrity: null,
    });
    return { ref: { runId: run.id, attempt: 1, epoch: run.epoch }, revision: state.revision };
  });
}

export async function send(
  { ref }: Assigned,
  first: number,
  lines: readonly string[],
  last = false,
): Promise<void> {
  const verdict = await store.transaction((tx) =>
    storeBatch(
      tx,
      deps,
      { ...HOLDER, channel: 'ws' },
      ref,
      batch(ref, first, lines, { last }) as Batch,
    ),
  );
  expect(verdict).toMatchObject({ kind: 'ack', upTo: first - 1 + lines.length });
}

/** Delivers all records and returns the final state of the run. */
export async function deliver(
  delivered: Assigned,
  lines: readonly string[],
  outcome: object = {},
): Promise<string | undefined> {
  await send(delivered, 1, [...lines, outcomeLine(lines, outcome)], true);
  return (await store.read.runs.get(delivered.ref.runId))?.status.state;
}

/** Descriptions of the tables in the catalog, by name. */
export async function tables(): Promise<Record<string, unknown>> {
  const { tables: rows } = await store.read.entities.tables({ service: 'crm', limit: 100 });
  return Object.fromEntries(rows.map(({ name, description }) => [name, description]));
}

export const revision = async (): Promise<string> =>
  (await store.read.catalogStates.get('crm')).revision;

/** Opens and closes the stage around the tests of a file. */
export function useStore(): void {
  beforeEach(() => {
    folder = temporaryFolder();
    store = openSqliteStore(join(folder.path, 'store.sqlite'));
    deps = {
      store,
      clock: systemClock,
      random: randomBytes,
      limits: DEFAULT_LIMITS,
      log: pino({ level: 'silent' }),
      changes: new ChangeHub(),
      progress: new ProgressBoard(),
      waits: new Map(),
      startFailures: new StartFailures(),
      tracer: noTracer,
    };
  });
  afterEach(async () => {
    await store.close();
    folder.remove();
  });
}
