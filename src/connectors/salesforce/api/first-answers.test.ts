import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { contextFor } from '../../../../test/support/connector-context.ts';
import { soapOptions } from '../../../../test/support/salesforce-run.ts';
import { parseConnection } from '../sign-in/connection.ts';
import { FirstAnswers } from './first-answers.ts';
import { openOrg } from './org.ts';
import { QueryPool } from './query-pool.ts';
import { queryAll, type PagesTarget } from './query-pages.ts';

const CLASSES = 'SELECT Id FROM ApexClass';
const TRIGGERS = 'SELECT Id FROM ApexTrigger';
const row = z.object({ Id: z.string() });
const signal = AbortSignal.timeout(60_000);

let sandbox: Sandbox;
let target: PagesTarget;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 150 });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
  const { context } = contextFor(sandbox, soapOptions(sandbox));
  const connection = parseConnection(soapOptions(sandbox).connection);
  const { api } = openOrg({ connection, context, tuning: { pauseMs: 1, tries: 2 } }, signal);
  target = { api, version: '64.0', what: 'code' };
});

/** Rows of both queries, and the calls that they took. */
async function read(first: FirstAnswers | undefined): Promise<readonly unknown[]> {
  const both = { ...target, firstAnswers: first };
  const classes = await queryAll(both, CLASSES, row, signal);
  const triggers = await queryAll(both, TRIGGERS, row, signal);
  return [classes, triggers, sandbox.stats().apiCalls];
}

function requested(queries: readonly string[]): FirstAnswers {
  const pool = new QueryPool(target);
  const sized = queries.map((query) => ({ query, rows: 1 }));
  const first = new FirstAnswers(pool, sized, target);
  void pool.send(signal);
  return first;
}

describe('answers that are requested together', () => {
  it('take one call, and are what each query alone returns', async () => {
    const [classes, triggers] = await read(undefined);
    expect([classes, triggers]).not.toContainEqual([]);
    sandbox.resetStats();
    const first = requested([CLASSES, TRIGGERS]);
    expect(await read(first)).toEqual([classes, triggers, 1]);
  });

  it.each([
    ['rejected', { kind: 'forbid' }],
    ['incomplete', { kind: 'alter', halve: 'records' }],
  ] as const)('leave a query to its reader if its answer is %s', async (_what, effect) => {
    const [classes, triggers] = await read(undefined);
    sandbox.faults.install({ match: { path: 'ApexClass', times: 1 }, effect });
    sandbox.resetStats();
    const first = requested([CLASSES, TRIGGERS]);
    expect(await read(first)).toEqual([classes, triggers, 2]);
  });

  it('leave all queries to their readers if the call fails', async () => {
    const [classes, triggers] = await read(undefined);
    sandbox.faults.install({
      match: { path: 'composite$', times: 2 },
      effect: { kind: 'respond', status: 500, body: [{ errorCode: 'X', message: 'x' }] },
    });
    sandbox.resetStats();
    const first = requested([CLASSES, TRIGGERS]);
    expect((await read(first)).slice(0, 2)).toEqual([classes, triggers]);
  });
});
