import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { contextFor } from '../../../../test/support/connector-context.ts';
import { soapOptions } from '../../../../test/support/salesforce-run.ts';
import type { SalesforceApi } from '../api/api.ts';
import { FirstAnswers } from '../api/first-answers.ts';
import { QueryPool } from '../api/query-pool.ts';
import { openOrg } from '../api/org.ts';
import { listObjects, type ListedObject } from '../describe/object-list.ts';
import { parseConnection } from '../sign-in/connection.ts';
import { setupQueries, ToolingReader } from './tooling-reader.ts';

const signal = AbortSignal.timeout(240_000);
const VERSION = '64.0';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 60 });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.faults.clear();
  sandbox.resetStats();
});

/** A reader of all objects of the org; `asked`: whether `setupQueries` were requested. */
async function openReader(asked: boolean): Promise<{
  readonly reader: ToolingReader;
  readonly objects: readonly ListedObject[];
  readonly api: SalesforceApi;
}> {
  const options = soapOptions(sandbox);
  const { context } = contextFor(sandbox, options);
  const { api } = openOrg(
    { connection: parseConnection(options.connection), context, tuning: { pauseMs: 1 } },
    signal,
  );
  const objects = await listObjects(api, VERSION, signal);
  const { logger } = context;
  const target = { api, version: VERSION, what: 'setup tables' };
  const pool = new QueryPool(target);
  const firstAnswers = asked
    ? new FirstAnswers(pool, setupQueries({ bodies: false }), target)
    : undefined;
  void pool.send(signal);
  const deps = { api, version: VERSION, logger, tags: false, owners: false, bodies: false };
  return { reader: new ToolingReader({ ...deps, firstAnswers }, objects, signal), objects, api };
}

/** Counts requests for definitions of roll-ups. */
function watchRollUps(): void {
  sandbox.faults.install({
    match: { path: 'sobjects/CustomField/' },
    effect: { kind: 'delay', ms: 0 },
  });
}

describe('the reader of the Tooling API', () => {
  it('reads roll-ups beside the first definitions of fields if their list was requested', async () => {
    watchRollUps();
    const { reader, objects } = await openReader(true);
    const [listed] = objects.filter(({ custom }) => custom);
    await reader.fields([{ listed: listed!, fields: 10 }], signal);
    await vi.waitFor(() => expect(sandbox.stats().faultsFired).toBeGreaterThan(0), 60_000);
  });

  it('reads no roll-ups for objects without definitions', async () => {
    watchRollUps();
    const { reader, objects, api } = await openReader(true);
    const [listed] = objects.filter(({ name }) => name.endsWith('Share'));
    const fields = await reader.fields([{ listed: listed!, fields: 10 }], signal);
    await reader.lookup(fields, signal);
    // Whatever was sent before has reached the org with these.
    for (let count = 0; count < 5; count++) await listObjects(api, VERSION, signal);
    expect(sandbox.stats().faultsFired).toBe(0);
  });

  it('does not ask for the list of roll-ups before a field is one', async () => {
    const { reader, objects } = await openReader(false);
    await reader.sharedRead();
    const calls = sandbox.stats().apiCalls;
    const [listed] = objects.filter(({ name }) => name === 'User');
    const fields = await reader.fields([{ listed: listed!, fields: 10 }], signal);
    await reader.lookup(fields, signal);
    expect(sandbox.stats().apiCalls).toBe(calls + 1);
  });
});
