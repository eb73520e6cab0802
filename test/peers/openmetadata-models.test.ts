import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox-org/src/sandbox.ts';
import type { RunRecord } from '../../foundation/src/domain/record.ts';
import { entitiesOf, LocalRunner } from '../support/local-runner.ts';
import { makeItHarder, openOpenMetadata, runScript } from './openmetadata.ts';

const OBJECTS = 300;
const SCRIPT = join(import.meta.dirname, 'openmetadata_models_peer.py');
/** Everything that yields more than tables and columns. */
const EVERYTHING = {
  includeTags: true,
  includeOwners: true,
  includeStoredProcedures: true,
  includeDDL: true,
  profile: { maxApiCalls: 40 },
};
const venv = await openOpenMetadata();

interface Verdict {
  readonly accepted: Readonly<Record<string, number>>;
  readonly refused: readonly unknown[];
}

async function judge(python: string, records: readonly unknown[]): Promise<Verdict> {
  return JSON.parse(
    await runScript(
      python,
      SCRIPT,
      records.map((record) => `${JSON.stringify(record)}\n`).join(''),
    ),
  ) as Verdict;
}

describe.skipIf('obstacle' in venv)('OpenMetadata’s own models', () => {
  const python = 'python' in venv ? venv.python : '';
  let sandbox: Sandbox;
  let records: readonly RunRecord[];

  beforeAll(async () => {
    sandbox = await startSandbox({ objects: OBJECTS });
    makeItHarder(sandbox);
    const runner = await LocalRunner.install(sandbox);
    ({ records } = await runner.ingest(runner.workflow({}, EVERYTHING)));
    runner.close();
  });
  afterAll(async () => sandbox.close());

  it('take everything that a full run yields', async () => {
    const { accepted, refused } = await judge(python, records);
    expect(refused).toEqual([]);
    expect(accepted).toMatchObject({
      databaseService: 1,
      database: 1,
      databaseSchema: 1,
      table: sandbox.org.list().length,
    });
    process.stdout.write(`accepted by OpenMetadata's models: ${JSON.stringify(accepted)}\n`);
  });

  it('would have rejected a field of another name, an invalid type and a column without one', async () => {
    const [table] = entitiesOf(records).filter(({ type }) => type === 'table');
    const wrong = [{ color: 'red' }, { tableType: 'Sheet' }, { columns: [{ name: 'a' }] }].map(
      (change) => ({ ...table!, request: { ...table!.request, ...change } }),
    );
    expect((await judge(python, wrong)).refused).toHaveLength(wrong.length);
  });
});
