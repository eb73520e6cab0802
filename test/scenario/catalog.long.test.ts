import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertStateOnly } from '../../src/service/install.ts';
import { runnerProgram, Stage } from '../support/stage.ts';

const OBJECTS = 60;
const TIMEOUT = 300_000;
const SCHEMA = 'sandbox.default.salesforce';

/** Share, history, feed and change event objects go with the one they belong to. */
function isCompanion(name: string, of: string): boolean {
  const stem = of.replace(/__c$/, '__');
  return name.startsWith(stem) && /(?:Share|History|Feed|ChangeEvent)$/.test(name);
}

interface Table {
  readonly deleted: boolean;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly tags: readonly { readonly tagFQN: string; readonly description: string | null }[];
  readonly owners: readonly { readonly email: string | null }[];
  readonly profile: { readonly tableProfile?: { readonly rowCount?: number } } | null;
  readonly sample: unknown;
}

/** Everything a run says about an org, as a reader of the control plane finds it. */
describe('a run with all options, from org to catalog', () => {
  let stage: Stage;
  let tables: Map<string, Table>;
  let types: Map<string, number>;
  let run: string;

  const read = <T>(path: string): Promise<T> => stage.client.call<T>('GET', path);

  beforeAll(async () => {
    stage = await Stage.open({ objects: OBJECTS, latencyMs: 0 });
    await stage.startRunner();
    await stage.client.call(
      'PUT',
      '/api/v1/pipelines/metadata',
      {
        service: 'sandbox',
        sourceConfig: {
          type: 'DatabaseMetadata',
          includeOwners: true,
          includeDDL: true,
          sampleRows: { rows: 100 },
        },
        deadlineMs: 3_600_000,
      },
      { 'if-match': '*' },
    );
    run = await stage.startRun();
    expect(await stage.ended(run)).toMatchObject({
      state: 'success',
      integrity: 'ok',
      deadlineMs: 3_600_000,
    });
    const counted = await read<{ types: { type: string; count: number }[] }>(
      '/api/v1/entity-types',
    );
    types = new Map(counted.types.map(({ type, count }) => [type, count]));
    const names = await stage.tables();
    tables = new Map(
      await Promise.all(
        names.map(
          async (name) => [name, await read<Table>(`/api/v1/tables/${SCHEMA}.${name}`)] as const,
        ),
      ),
    );
  }, TIMEOUT);
  afterAll(() => stage.close(), TIMEOUT);

  it('is remembered on the machine of the runner, with the end of its log', () => {
    const call = (...args: readonly string[]): unknown => {
      const config = ['--json', '--config', stage.place.configFile];
      const options = { encoding: 'utf8' } as const;
      return JSON.parse(
        spawnSync(process.execPath, [runnerProgram, ...args, ...config], options).stdout,
      );
    };
    const remembered = {
      run,
      attempt: 1,
      kind: 'metadata',
      service: 'sandbox',
      outcome: 'success',
    };
    expect(call('runs')).toMatchObject({ runs: [{ ...remembered, error: null }] });
    const { log, ...rest } = call('runs', 'show', run.slice(0, 8)) as {
      log: { message: string }[];
    };
    expect(rest).toMatchObject(remembered);
    expect(log.map(({ message }) => message)).toEqual(
      expect.arrayContaining(['worker started', 'worker ended']),
    );
    expect(log.length).toBeGreaterThan(3);
  });

  it('delivers tables, code, tags and figures', () => {
    expect(types.get('table')).toBe(tables.size);
    expect(types.get('tag')).toBeGreaterThan(2);
    for (const type of ['classification', 'storedProcedure', 'tableProfile'])
      expect([type, (types.get(type) ?? 0) > 0]).toEqual([type, true]);
  });

  it('delivers no requested rows without permission in the local policy, and logs this', async () => {
    const { logs } = await read<{ logs: { message: string }[] }>(`/api/v1/runs/${run}/logs`);
    expect([
      types.get('sampleData'),
      logs.filter(({ message }) => message.includes('sampleRows: allow')).length,
    ]).toEqual([undefined, 1]);
    expect([...tables.values()].filter(({ sample }) => sample !== null)).toEqual([]);
  });

  it('delivers described tags, and owners, row counts and properties of tables', () => {
    const all = [...tables.values()];
    const tags = all.flatMap((table) => table.tags);
    expect(tags.length).toBeGreaterThan(0);
    expect(tags.filter(({ description }) => description === null)).toEqual([]);
    expect(all.some(({ owners }) => owners.some(({ email }) => email?.includes('@')))).toBe(true);
    expect(all.some(({ profile }) => (profile?.tableProfile?.rowCount ?? 0) > 0)).toBe(true);
    expect(
      all.filter(({ deleted, properties }) => deleted || properties['kind'] === undefined),
    ).toEqual([]);
  });

  it('delivers lineage only between existing tables', async () => {
    const graphs = await Promise.all(
      [...tables.keys()].map((name) =>
        read<{ edges: { columns: unknown[] }[]; nodes: { known: boolean }[] }>(
          `/api/v1/lineage/${SCHEMA}.${name}`,
        ),
      ),
    );
    expect(
      graphs.flatMap(({ edges }) => edges).filter(({ columns }) => columns.length > 0).length,
    ).toBeGreaterThan(0);
    expect(graphs.flatMap(({ nodes }) => nodes).filter(({ known }) => !known)).toEqual([]);
  });

  it(
    'marks as deleted only what the org no longer has',
    async () => {
      const [gone] = [...tables.keys()].filter((name) => name.endsWith('__c'));
      await stage.admin('POST', '/org', { kind: 'removeObject', object: gone });
      expect(await stage.ended(await stage.startRun())).toMatchObject({
        state: 'success',
        integrity: 'ok',
      });
      expect(await stage.tables()).toEqual(
        [...tables.keys()].filter((name) => name !== gone && !isCompanion(name, gone!)),
      );
      expect(await read<Table>(`/api/v1/tables/${SCHEMA}.${gone}`)).toMatchObject({
        deleted: true,
      });
    },
    TIMEOUT,
  );

  it('leaves in the state directory only what `service install` and `uninstall --purge` know as its own', async () => {
    expect(readdirSync(stage.stateDir)).toEqual(expect.arrayContaining(['audit', 'epochs']));
    await expect(assertStateOnly(stage.stateDir)).resolves.toBeUndefined();
  });
});
