import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { revisionAfter } from '../src/catalog/catalog-state.ts';
import { batch, logLine, outcomeLine, tableLine } from './fake-records.ts';
import { connect, type Connection, type Ref } from './fake-runner.ts';
import { openStage, prepareCatalog, startRun, type Stage } from './stage.ts';

const line = (record: object): string => JSON.stringify(record);
const unchanged = (...names: string[]): string =>
  line({
    kind: 'unchanged',
    type: 'table',
    fqns: names.map((name) => `sandbox.default.salesforce.${name}`),
  });

interface Offer {
  readonly ref: Ref;
  readonly catalogRevision: string;
}

let stage: Stage;
let connection: Connection;

beforeEach(async () => {
  stage = await openStage({ maxAttempts: 3 });
  const identity = await stage.enroll();
  ({ connection } = await connect('ws', stage, identity));
  await prepareCatalog(stage.api, identity.runnerId);
  return async () => {
    connection.close();
    await stage.close();
  };
});

async function taken(): Promise<Offer> {
  const offer = await connection.take<Offer>('offer');
  connection.send('accept', { ref: offer.ref });
  return offer;
}

async function begin(): Promise<Offer> {
  await startRun(stage.api);
  return taken();
}

/**
 * Sends a complete stream and returns the revision that it leads to, as defined in
 * docs/protocol.md.
 */
async function deliver(
  { ref }: Offer,
  lines: readonly string[],
  outcome: object = {},
): Promise<string> {
  const last = outcomeLine(lines, outcome);
  connection.send('batch', batch(ref, 1, [...lines, last], { last: true }));
  await connection.take('ack');
  return createHash('sha256')
    .update(`hybrid-runner/catalog/v1\n${ref.runId}\n${ref.epoch}\n${last}\n`)
    .digest('hex');
}

const stateOf = async ({ ref }: Offer): Promise<unknown> =>
  (await stage.api.get(`/api/v1/runs/${ref.runId}`)).body;
const revisionOffered = async (): Promise<string> => {
  const offer = await begin();
  connection.send(
    'batch',
    batch(offer.ref, 1, [outcomeLine([], { status: 'failed' })], { last: true }),
  );
  await connection.take('ack');
  return offer.catalogRevision;
};

describe('catalog revision in an offer', () => {
  it('is empty before the first run and set after it', async () => {
    const first = await begin();
    expect(first.catalogRevision).toBe('');
    const revision = await deliver(first, [tableLine('A')]);
    expect(await revisionOffered()).toBe(revision);
  });

  it('is unchanged after a failed run without records, a log line and a connection test', async () => {
    const revision = await deliver(await begin(), [tableLine('A')]);
    await deliver(await begin(), [logLine('no')], { status: 'failed' });
    await stage.api.post('/api/v1/services/sandbox/test-connection');
    await deliver(await taken(), [], { status: 'failed' });
    expect(await revisionOffered()).toBe(revision);
  });

  it.each([
    ['failed', { status: 'failed' }],
    ['was canceled', { status: 'cancelled' }],
    ['expired', { status: 'expired' }],
    ['does not match its outcome', { records: 9 }],
    ['ends with an invalid outcome', { status: 'fine' }],
  ])('is empty after a run that sent records and %s', async (_how, outcome) => {
    await deliver(await begin(), [tableLine('A')]);
    await deliver(await begin(), [tableLine('B')], outcome);
    expect(await revisionOffered()).toBe('');
  });

  it('is set after a partial success, because the runner does not remember what it left out', async () => {
    expect(await deliver(await begin(), [tableLine('A')], { status: 'partialSuccess' })).toBe(
      await revisionOffered(),
    );
  });

  it('is empty for a requested full run and set for the run after it', async () => {
    await deliver(await begin(), [tableLine('A')]);
    expect(
      (await stage.api.post('/api/v1/pipelines/sandbox_metadata/runs', { fullRun: true })).body,
    ).toMatchObject({ fullRun: true });
    const full = await taken();
    expect(full.catalogRevision).toBe('');
    const revision = await deliver(full, [tableLine('A')]);
    expect(await revisionOffered()).toBe(revision);
  });

  it('is empty after a run that reported unknown entities as unchanged', async () => {
    const revision = await deliver(await begin(), [tableLine('A')]);
    const second = await begin();
    await deliver(second, [unchanged('A', 'NeverThere')], { builtOn: revision });
    expect(await stateOf(second)).toMatchObject({
      state: 'partialSuccess',
      error: { code: 'CATALOG_INCOMPLETE' },
    });
    expect(await revisionOffered()).toBe('');
  });

  it('is cleared by the first batch with a change, so that the next attempt is a full run', async () => {
    await deliver(await begin(), [tableLine('A')]);
    const { ref } = await begin();
    connection.send('batch', batch(ref, 1, [tableLine('B')]));
    await connection.take('ack');
    connection.send(
      'batch',
      batch(ref, 2, [outcomeLine([tableLine('B')], { status: 'interrupted', digest: '' })], {
        last: true,
      }),
    );
    const again = await taken();
    expect([again.ref.attempt, again.catalogRevision]).toEqual([2, '']);
    expect(await deliver(again, [tableLine('A'), tableLine('B')])).toBe(await revisionOffered());
  });

  it('stays for the next attempt after one without records', async () => {
    const revision = await deliver(await begin(), [tableLine('A')]);
    const { ref } = await begin();
    connection.send(
      'batch',
      batch(ref, 1, [outcomeLine([], { status: 'interrupted', digest: '' })], { last: true }),
    );
    const again = await taken();
    expect([again.ref.attempt, again.catalogRevision]).toEqual([2, revision]);
  });
});

describe('run based on a revision', () => {
  it('leads to the next revision each time', async () => {
    let revision = await deliver(await begin(), [tableLine('A')]);
    for (let round = 0; round < 3; round++) {
      const offer = await begin();
      expect(offer.catalogRevision).toBe(revision);
      revision = await deliver(offer, [tableLine(`New${round}`), unchanged('A')], {
        builtOn: revision,
      });
      expect(await stateOf(offer)).toMatchObject({ state: 'success', integrity: 'ok' });
    }
    expect(await revisionOffered()).toBe(revision);
  });

  it.each([
    ['another revision', 'f'.repeat(64)],
    ['the previous revision', undefined],
  ])('is retried as a full run when it finds %s', async (_which, other) => {
    const before = await deliver(await begin(), [tableLine('A')]);
    const revision = await deliver(await begin(), [tableLine('A')]);
    const offer = await begin();
    expect(offer.catalogRevision).toBe(revision);
    await deliver(offer, [tableLine('B'), unchanged('A')], { builtOn: other ?? before });
    const again = await taken();
    expect([again.ref.runId, again.ref.attempt, again.catalogRevision]).toEqual([
      offer.ref.runId,
      2,
      '',
    ]);
    expect(await deliver(again, [tableLine('A'), tableLine('B')])).toBe(await revisionOffered());
    expect(await stateOf(again)).toMatchObject({ state: 'success', attempt: 2 });
  });

  it('is retried when it does not name the revision, as older runners do', async () => {
    await deliver(await begin(), [tableLine('A')]);
    const offer = await begin();
    await deliver(offer, [tableLine('B'), unchanged('A')]);
    const again = await taken();
    expect([again.ref.runId, again.ref.attempt, again.catalogRevision]).toEqual([
      offer.ref.runId,
      2,
      '',
    ]);
  });

  it('fails with the reason when the revision is never current', async () => {
    const offer = await begin();
    await deliver(offer, [tableLine('B')], { builtOn: 'a'.repeat(64) });
    await deliver(await taken(), [tableLine('B')], { builtOn: 'a'.repeat(64) });
    await deliver(await taken(), [tableLine('B')], { builtOn: 'a'.repeat(64) });
    expect(await stateOf(offer)).toMatchObject({
      state: 'failed',
      error: { code: 'CATALOG_MOVED', remedy: expect.stringContaining('full run') },
    });
  });
});

it('computes the revision as defined in docs/protocol.md', () => {
  expect(
    revisionAfter('run-1', 7, '{"kind":"outcome","status":"success","records":0,"digest":"e3b0"}'),
  ).toBe('ee95905cacc2c56ea93598db30c6e3083198b4092f56712c9c60671b5b247ad0');
});
