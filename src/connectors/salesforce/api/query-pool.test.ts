import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { contextFor } from '../../../../test/support/connector-context.ts';
import { soapOptions } from '../../../../test/support/salesforce-run.ts';
import { parseConnection } from '../sign-in/connection.ts';
import { openOrg } from './org.ts';
import { MAX_QUERIES, type QueryTarget } from './query-many.ts';
import { evenCalls, QueryPool, queryPooled, type SizedQuery, wholeBody } from './query-pool.ts';

const CLASSES = ['ApexClass', 'ApexTrigger', 'ValidationRule', 'CustomObject'].map(sized);
const FIELDS = ['CustomField', 'RecordType', 'Flow'].map(sized);

let sandbox: Sandbox;
let target: QueryTarget;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 60 });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
  const { context } = contextFor(sandbox, soapOptions(sandbox));
  const connection = parseConnection(soapOptions(sandbox).connection);
  const { api } = openOrg(
    { connection, context, tuning: { pauseMs: 1, tries: 2 } },
    AbortSignal.timeout(60_000),
  );
  target = { api, version: '64.0', what: 'setup' };
});

function sized(table: string): SizedQuery {
  return { query: `SELECT Id FROM ${table}`, rows: 1 };
}

interface Answer {
  readonly index: number;
  readonly status: number;
  readonly records: unknown;
}

function ask(
  queries: readonly SizedQuery[],
  pool?: QueryPool,
  signal = AbortSignal.timeout(60_000),
): Promise<readonly Answer[]> {
  return queryPooled(
    { ...target, pool },
    queries,
    (answer) => ({
      index: answer.index,
      status: answer.status,
      records: (wholeBody(answer, target.what) as { readonly records?: unknown }).records,
    }),
    signal,
  );
}

/** Both readers' answers, and the calls that they took. */
async function askBoth(
  pool: QueryPool,
): Promise<{ readonly answers: readonly unknown[]; readonly calls: number }> {
  sandbox.resetStats();
  const both = Promise.all([ask(CLASSES, pool), ask(FIELDS, pool)]);
  void pool.send(AbortSignal.timeout(60_000));
  const answers = await both;
  return { answers, calls: sandbox.stats().apiCalls };
}

describe('queries of different readers', () => {
  it('travel together, and get the answers that each query alone gets', async () => {
    const alone = [await ask(CLASSES), await ask(FIELDS)];
    expect(await askBoth(new QueryPool(target))).toEqual({ answers: alone, calls: 2 });
  });

  it('get their rejections once', async () => {
    sandbox.faults.install({ match: { path: 'ApexClass' }, effect: { kind: 'forbid' } });
    const { answers, calls } = await askBoth(new QueryPool(target));
    expect(calls).toBe(2);
    expect(answers.flat()[0]).toMatchObject({ index: 0, status: 403 });
  });

  it('are sent again by their readers, each reader’s together, if the calls fail', async () => {
    const alone = [await ask(CLASSES), await ask(FIELDS)];
    sandbox.faults.install({
      match: { path: 'composite$', times: 4 },
      effect: { kind: 'respond', status: 500, body: [{ errorCode: 'X', message: 'x' }] },
    });
    expect(await askBoth(new QueryPool(target))).toEqual({ answers: alone, calls: 6 });
  });

  it('are sent by their readers if the pool was sent before', async () => {
    const alone = await ask(CLASSES);
    const pool = new QueryPool(target);
    await pool.send(AbortSignal.timeout(60_000));
    expect(await ask(CLASSES, pool)).toEqual(alone);
  });

  it('end with the run', async () => {
    sandbox.faults.install({ match: { path: 'composite$' }, effect: { kind: 'stall-headers' } });
    const stop = new AbortController();
    const pool = new QueryPool(target);
    const answers = ask(CLASSES, pool, stop.signal);
    const sent = pool.send(stop.signal);
    stop.abort(new Error('canceled'));
    await expect(answers).rejects.toThrow();
    await sent;
  });
});

describe('calls', () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 60 });

  it('are as few as hold all queries', () => {
    fc.assert(
      fc.property(sizes, (rows) => {
        const queries = rows.map((count, index) => ({ query: `${index}`, rows: count }));
        const calls = evenCalls(queries);
        expect(calls.flat().toSorted(byQuery)).toEqual(queries.toSorted(byQuery));
        expect(calls).toHaveLength(Math.ceil(queries.length / MAX_QUERIES));
        for (const call of calls) expect(call.length).toBeLessThanOrEqual(MAX_QUERIES);
      }),
    );
  });

  it('take about equally long', () => {
    const queries = [50, 50, 400, 500, 900, 1900, 1900, 1900, 1900, 1900].map((rows, index) => ({
      query: `${index}`,
      rows,
    }));
    const rows = evenCalls(queries).map((call) => call.reduce((sum, one) => sum + one.rows, 0));
    expect(rows).toEqual([5800, 5600]);
  });
});

function byQuery(a: SizedQuery, b: SizedQuery): number {
  return Number(a.query) - Number(b.query);
}
