import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runnerProgram } from '../../demo/setup.ts';
import type {
  EntityRecord,
  LineageRecord,
  ProfileRecord,
  RunRecord,
} from '../../foundation/src/domain/record.ts';
import { startSandbox } from '../../sandbox-org/src/sandbox.ts';
import type { Scene } from './scene.ts';

const run = promisify(execFile);
const TRUTH = 'truth';

/** What an org has, and what a run tells of it that goes to a file instead of a server. */
export interface Truth {
  /** Names of the fields by object, from the org itself. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  /** With another service's name. */
  recordsAs(service: string): TruthRecords;
}

export interface TruthRecords {
  readonly tables: readonly EntityRecord[];
  readonly procedures: readonly EntityRecord[];
  readonly lineage: readonly LineageRecord[];
  readonly profiles: readonly ProfileRecord[];
}

/**
 * The same org is made twice: one is asked, the other is extracted from, by a runner of its own.
 */
export async function readTruth(scene: Scene): Promise<Truth> {
  const { stage } = scene;
  const twin = await startSandbox({ objects: stage.options.objects });
  const fields = new Map(
    twin.org
      .list()
      .map(({ name }) => [name, twin.org.fields(name).map(({ traits }) => traits.name)] as const),
  );
  await twin.close();
  await stage.addRunner(TRUTH);
  const file = (name: string): string => join(stage.place.directory, name);
  writeFileSync(
    file('truth.json'),
    JSON.stringify({
      source: {
        type: 'salesforce',
        serviceName: TRUTH,
        serviceConnection: { config: scene.connection() },
        sourceConfig: { config: { type: 'DatabaseMetadata' } },
      },
      workflowConfig: {},
    }),
  );
  const [config, out] = [file(`${TRUTH}.yaml`), file('truth.jsonl')];
  const args = ['ingest', '--workflow', file('truth.json'), '--out', out, '--config', config];
  await run(process.execPath, [runnerProgram, ...args]);
  const text = readFileSync(out, 'utf8');
  return { fields, recordsAs: (service) => recordsOf(text, service) };
}

function recordsOf(text: string, service: string): TruthRecords {
  const records = text
    .replaceAll(`${TRUTH}.default`, `${service}.default`)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunRecord);
  const entities = records.filter((record) => record.kind === 'entity');
  return {
    tables: entities.filter(({ type }) => type === 'table'),
    procedures: entities.filter(({ type }) => type === 'storedProcedure'),
    lineage: records.filter((record) => record.kind === 'lineage'),
    profiles: records.filter((record) => record.kind === 'profile'),
  };
}
