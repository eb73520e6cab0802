import { expect, it } from 'vitest';
import { startSandbox } from '../../../sandbox-org/src/sandbox.ts';
import { apiOf, queryPath } from '../../../sandbox-org/test/client.ts';
import { extractFrom, failuresOf, tableNames } from '../../support/salesforce-run.ts';

/** Salesforce rejects calls while 25 have run for 20 s. */
const LONG_MS = 20_000;
/** What three other clients leave of that: one. */
const CALLS_OF_EACH = 8;

it('an extraction beside three clients with long calls causes no rejection of anybody', async () => {
  const sandbox = await startSandbox({ objects: 300, latency: 20 });
  try {
    sandbox.faults.install({ match: { path: 'COUNT' }, effect: { kind: 'delay', ms: 600_000 } });
    const ended: unknown[] = [];
    for (let client = 0; client < 3; client++) {
      const api = await apiOf(sandbox);
      for (let count = 0; count < CALLS_OF_EACH; count++)
        api(queryPath('SELECT COUNT() FROM Account')).then(
          ({ status }) => ended.push(status),
          (error: unknown) => ended.push(error),
        );
    }
    await new Promise((resolve) => {
      setTimeout(resolve, LONG_MS + 1000);
    });
    sandbox.faults.clear();
    const { records } = await extractFrom(sandbox, { sourceConfig: { includeDDL: true } });
    expect(tableNames(records)).toHaveLength(sandbox.org.list().length);
    expect(failuresOf(records)).toEqual([]);
    expect(ended).toEqual([]);
    const { requests } = sandbox.stats();
    expect(requests.filter(({ status }) => status >= 400)).toEqual([]);
  } finally {
    await sandbox.close();
  }
}, 120_000);
