import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { contextFor } from '../../../../test/support/connector-context.ts';
import { soapOptions } from '../../../../test/support/salesforce-run.ts';
import { parseConnection } from '../sign-in/connection.ts';
import { openOrg } from '../api/org.ts';
import { Owners } from './owners.ts';

describe('field owners', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ objects: 10 });
  });
  afterAll(() => sandbox.close());

  it('are queried once for concurrent callers', async () => {
    const { context } = contextFor(sandbox, soapOptions(sandbox));
    const { signal } = new AbortController();
    const org = openOrg(
      {
        connection: parseConnection(soapOptions(sandbox).connection),
        context,
        tuning: { pauseMs: 1 },
      },
      signal,
    );
    const page = (await org.api.json(
      {
        method: 'GET',
        path: `/services/data/v64.0/query?q=${encodeURIComponent('SELECT Id FROM User LIMIT 3')}`,
        what: 'users',
      },
      signal,
    )) as { records: { Id: string }[] };
    const [a, b, c] = page.records.map(({ Id }) => Id) as [string, string, string];
    sandbox.resetStats();
    const owners = new Owners({ api: org.api, version: '64.0', logger: context.logger });
    const answers = await Promise.all(
      [
        [a, b],
        [b, c],
        [a, b, c],
      ].map(async (ids) => {
        const known = await owners.resolve(ids, signal);
        return ids.map((id) => known.get(id)?.kind);
      }),
    );
    expect(answers.flat()).toEqual(Array.from({ length: 7 }, () => 'user'));
    expect(sandbox.stats().apiCalls).toBe(2);
    await org.close();
  });
});
