import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox-org/src/sandbox.ts';
import type { EntityRecord } from '../../src/domain/record.ts';
import { entitiesOf, LocalRunner } from '../support/local-runner.ts';
import { makeItHarder, openOpenMetadata, runScript } from './openmetadata.ts';

const OBJECTS = 300;
const SCRIPT = join(import.meta.dirname, 'openmetadata_models_peer.py');
const venv = await openOpenMetadata();

interface Verdict {
  readonly accepted: Readonly<Record<string, number>>;
  readonly refused: readonly unknown[];
}

async function judge(python: string, entities: readonly Pick<EntityRecord, 'type' | 'fqn' | 'request'>[]): Promise<Verdict> {
  return JSON.parse(await runScript(python, SCRIPT, entities.map((entity) => `${JSON.stringify(entity)}\n`).join(''))) as Verdict;
}

describe.skipIf('obstacle' in venv)('OpenMetadata’s own models', () => {
  const python = 'python' in venv ? venv.python : '';
  let sandbox: Sandbox;
  let entities: EntityRecord[];

  beforeAll(async () => {
    sandbox = await startSandbox({ objects: OBJECTS });
    makeItHarder(sandbox);
    const runner = await LocalRunner.install(sandbox);
    const { records } = await runner.ingest(runner.workflow());
    entities = entitiesOf(records);
    runner.close();
  });
  afterAll(async () => sandbox.close());

  it('take every entity of a full run', async () => {
    const tables = sandbox.org.list().length;
    expect(await judge(python, entities)).toEqual({ accepted: { databaseService: 1, database: 1, databaseSchema: 1, table: tables }, refused: [] });
  });

  it('would have refused a field of another name, a type that is none and a column without one', async () => {
    const [table] = entities.filter(({ type }) => type === 'table');
    const wrong = [{ colour: 'red' }, { tableType: 'Sheet' }, { columns: [{ name: 'a' }] }].map((change) => ({ ...table!, request: { ...table!.request, ...change } }));
    expect((await judge(python, wrong)).refused).toHaveLength(wrong.length);
  });
});
