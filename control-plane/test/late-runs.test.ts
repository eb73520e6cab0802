/** Runs of one service whose streams arrive in another order than they were assigned in: the real store, and batches as they come. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { allocateGeneration } from '../src/catalog/catalog-state.ts';
import { momentOf, systemClock } from '../src/runtime/clock.ts';
import { ChangeHub } from '../src/runtime/change-hub.ts';
import { ProgressBoard } from '../src/runs/progress-board.ts';
import { storeBatch } from '../src/link/batch-store.ts';
import type { Batch } from '../src/link/frames.ts';
import type { QueuedRun } from '../src/runs/placement.ts';
import { offerTo, queuedAt, renew } from '../src/runs/run.ts';
import type { Deps } from '../src/deps.ts';
import { DEFAULT_LIMITS } from '../src/limits.ts';
import { openSqliteStore } from '../src/store/sqlite.ts';
import type { Store } from '../src/store/store.ts';
import { batch, outcomeLine, type Ref } from './fake-runner.ts';
import { temporaryFolder } from './stage.ts';

const SCHEMA = 'crm.default.salesforce';
const line = (record: object): string => JSON.stringify(record);
const named = (name: string): string => `${SCHEMA}.${name}`;
const table = (name: string, description: string): string =>
  line({
    kind: 'entity',
    type: 'table',
    fqn: named(name),
    request: { name, description, databaseSchema: SCHEMA },
  });
const edge = (from: string, to: string, description: string): string =>
  line({ kind: 'lineage', from: named(from), to: named(to), details: { description } });
const sweep = (...keep: string[]): string =>
  line({ kind: 'sweep', type: 'table', parent: SCHEMA, keep: keep.map(named) });
const unchanged = (...names: string[]): string =>
  line({ kind: 'unchanged', type: 'table', fqns: names.map(named) });
const deletion = (name: string): string =>
  line({ kind: 'deletion', type: 'table', fqn: named(name) });

let folder: ReturnType<typeof temporaryFolder>;
let store: Store;
let deps: Deps;
let made = 0;

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
  };
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

interface Assigned {
  readonly ref: Ref;
  readonly revision: string;
}

const HOLDER = { runnerId: 'rnr_1', bootId: 'boot' };

/** A run that is at work from now on: what comes of it later is as old as this. */
async function assign(): Promise<Assigned> {
  const at = momentOf(systemClock);
  const waiting: QueuedRun = {
    id: `run_${++made}`,
    kind: 'metadata',
    service: 'crm',
    pipeline: null,
    workflow: '{}',
    pinnedTo: null,
    status: queuedAt(at),
    attempt: 1,
    epoch: 0,
    lastEpoch: 0,
    queuedAt: 0,
    startedAt: null,
    cancelReason: null,
    refusedBy: [],
    lastFailure: null,
    deadlineMs: 0,
    whole: false,
    recordsKept: true,
  };
  return store.transaction(async (tx) => {
    const run = renew(offerTo(waiting, HOLDER, 9), HOLDER, at, 60_000);
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

async function send(
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

/** The state of the run in the end. */
async function deliver(
  assigned: Assigned,
  lines: readonly string[],
  outcome: object = {},
): Promise<string | undefined> {
  await send(assigned, 1, [...lines, outcomeLine(lines, outcome)], true);
  return (await store.read.runs.get(assigned.ref.runId))?.status.state;
}

/** Tables that are there, each with what is said of it. */
async function tables(): Promise<Record<string, unknown>> {
  const { tables: rows } = await store.read.entities.tables({ service: 'crm', limit: 100 });
  return Object.fromEntries(rows.map(({ name, description }) => [name, description]));
}

const revision = async (): Promise<string> => (await store.read.catalogStates.get('crm')).revision;

describe('a run that is delivered after one that was assigned later', () => {
  it('overwrites none of what that one told, and counts what it brought all the same', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [table('A', 'new'), sweep('A')]);
    const after = await revision();
    expect(await deliver(older, [table('A', 'old')])).toBe('success');
    expect([await tables(), await revision()]).toEqual([{ A: 'new' }, after]);
    expect(await store.read.runs.attempt(older.ref.runId, older.ref.epoch)).toMatchObject({
      entities: 1,
      integrity: 'ok',
    });
  });

  it('does not sweep away, or report as gone, the tables that the newer one added', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [table('A', 'new'), table('B', 'new'), sweep('A', 'B')]);
    await deliver(older, [table('A', 'old'), deletion('B'), sweep('A')]);
    expect(await tables()).toEqual({ A: 'new', B: 'new' });
  });

  it.each([
    ['never knew', []],
    ['had before', [table('Gone', 'oldest')]],
  ])(
    'does not bring back what the newer one found to be gone and the catalog %s',
    async (_what, before) => {
      await deliver(await assign(), [table('A', 'oldest'), ...before]);
      const [older, newer] = [await assign(), await assign()];
      await deliver(newer, [table('A', 'new'), sweep('A')]);
      await deliver(older, [table('A', 'old'), table('Gone', 'old'), sweep('A', 'Gone')]);
      expect(await tables()).toEqual({ A: 'new' });
    },
  );

  it('does not bring back what had been gone before either, when both say so', async () => {
    await deliver(await assign(), [table('A', '1'), table('Gone', '1')]);
    await deliver(await assign(), [table('A', '2'), sweep('A')]);
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [table('A', '4'), sweep('A')]);
    await deliver(older, [table('A', '3'), table('Gone', '3')]);
    expect(await tables()).toEqual({ A: '4' });
  });

  it('brings nothing back that was deleted by name, nor what is in it', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [
      table('A', 'new'),
      deletion('Gone'),
      line({ kind: 'sweep', type: 'database', parent: 'crm', keep: ['crm.default'] }),
    ]);
    const elsewhere = line({
      kind: 'entity',
      type: 'table',
      fqn: 'crm.former.salesforce.T',
      request: { name: 'T', databaseSchema: 'crm.former.salesforce' },
    });
    await deliver(older, [table('Gone', 'old'), elsewhere]);
    expect(await tables()).toEqual({ A: 'new' });
  });

  it('adds what the newer one did not speak of; then no run may go by what either of them remembers', async () => {
    const [older, newer] = [await assign(), await assign()];
    const filtered = line({
      kind: 'sweep',
      type: 'table',
      parent: SCHEMA,
      keep: [named('B1')],
      among: { includes: ['B'] },
    });
    await deliver(newer, [table('B1', 'new'), filtered]);
    expect(await revision()).not.toBe('');
    expect(await deliver(older, [table('A1', 'old'), table('B2', 'old')])).toBe('success');
    expect([await tables(), await revision()]).toEqual([{ A1: 'old', B1: 'new' }, '']);
  });

  it('leaves lineage as the newer one told it', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [edge('A', 'B', 'new')]);
    await deliver(older, [edge('A', 'B', 'old'), edge('A', 'C', 'old')]);
    expect(
      (await store.read.lineage.of(named('A'), 'downstream', 9)).map(({ to, details }) => [
        to,
        details['description'],
      ]),
    ).toEqual([
      [named('B'), 'new'],
      [named('C'), 'old'],
    ]);
  });

  const told = (from: string, to: string): string =>
    line({ kind: 'lineage', from: named(from), to: named(to), details: { source: 'ViewLineage' } });

  it('brings back no lineage that the newer one found to be gone', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [
      told('A', 'B'),
      line({
        kind: 'lineageSweep',
        parent: SCHEMA,
        tables: ['A', 'B', 'C'],
        source: 'ViewLineage',
      }),
    ]);
    await deliver(older, [
      told('A', 'B'),
      told('A', 'C'),
      told('A', 'D'),
      edge('B', 'C', 'of another source'),
    ]);
    const edges = [
      ...(await store.read.lineage.of(named('A'), 'downstream', 9)),
      ...(await store.read.lineage.of(named('B'), 'downstream', 9)),
    ];
    expect(edges.map(({ from, to }) => [from, to])).toEqual([
      [named('A'), named('B')],
      [named('A'), named('D')],
      [named('B'), named('C')],
    ]);
  });

  it('forgets no lineage that the newer one told', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [told('A', 'B')]);
    await deliver(older, [
      line({ kind: 'lineageSweep', parent: SCHEMA, tables: ['A', 'B'], source: 'ViewLineage' }),
    ]);
    expect(await store.read.lineage.of(named('A'), 'downstream', 9)).toHaveLength(1);
  });

  it('takes nothing for unchanged that the newer one removed', async () => {
    await deliver(await assign(), [table('A', '1'), table('Gone', '1')]);
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [sweep('A')]);
    await deliver(older, [unchanged('A', 'Gone')], { builtOn: older.revision });
    expect(await tables()).toEqual({ A: '1' });
  });

  it('counts for nothing where the newer one has failed, but for the tables that one told', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [table('A', 'new'), sweep('A')], { status: 'failed' });
    expect(await deliver(older, [table('A', 'old'), table('B', 'old'), sweep('A', 'B')])).toBe(
      'success',
    );
    expect([await tables(), await revision()]).toEqual([{ A: 'new', B: 'old' }, '']);
  });

  it('adds nothing when the records of the newer one, which say what was gone, are no more', async () => {
    const [older, newer] = [await assign(), await assign()];
    await deliver(newer, [table('A', 'new'), sweep('A')]);
    await store.transaction(async (tx) => {
      await tx.records.drop(newer.ref.runId, 1000);
      await tx.runs.save({ ...(await tx.runs.get(newer.ref.runId))!, recordsKept: false });
    });
    await deliver(older, [table('Gone', 'old')]);
    expect(await tables()).toEqual({ A: 'new' });
  });
});

describe('runs that are delivered at the same time', () => {
  it('leave the newer one’s word, and its revision when it read everything', async () => {
    const [older, newer] = [await assign(), await assign()];
    await send(newer, 1, [table('A', 'new')]);
    await send(older, 1, [table('A', 'old'), table('B', 'old')]);
    await send(newer, 2, [sweep('A'), outcomeLine([table('A', 'new'), sweep('A')])], true);
    const led = await revision();
    expect(led).not.toBe('');
    await send(
      older,
      3,
      [sweep('A', 'B'), outcomeLine([table('A', 'old'), table('B', 'old'), sweep('A', 'B')])],
      true,
    );
    expect([await tables(), await revision()]).toEqual([{ A: 'new' }, led]);
  });

  it('do not both count, when one of them went by a state that the other has ended', async () => {
    await deliver(await assign(), [table('A', '1')]);
    const [older, newer] = [await assign(), await assign()];
    await send(newer, 1, [table('B', 'new')]);
    await send(older, 1, [table('A', 'old')]);
    const lines = [table('B', 'new'), unchanged('A')];
    await send(newer, 2, [unchanged('A'), outcomeLine(lines, { builtOn: newer.revision })], true);
    expect(await store.read.runs.get(newer.ref.runId)).toMatchObject({
      attempt: 2,
      status: { state: 'queued' },
    });
    expect(await revision()).toBe('');
  });
});
