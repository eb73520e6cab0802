import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import { lineageIn, profilesIn } from '../../../../test/support/final-records.ts';
import {
  CREATE_REQUEST_SCHEMAS,
  openMetadataSchemasPresent,
  openMetadataValidator,
} from '../../../../test/support/openmetadata-schemas.ts';
import {
  extractFrom,
  tableNames,
  tablesOf,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';
import type { LineageSweepRecord } from '../../../../foundation/src/domain/record.ts';
import type { CreateTable } from '../../../../openmetadata/src/entities.ts';
import type { TableProperties } from '../mapping/table-properties.ts';

const FQN = 'sandbox.default.salesforce';

let sandbox: Sandbox;
let run: SalesforceRun;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 150 });
  run = await extractFrom(sandbox, { sourceConfig: { includeDDL: true } });
});
afterAll(() => sandbox.close());
afterEach(() => sandbox.faults.clear());

describe('lineage records', () => {
  it('connect existing columns, one record per pair of tables, after all tables', () => {
    const columns = new Set(
      tablesOf(run.records).flatMap(({ fqn, request }) =>
        (request as unknown as CreateTable).columns.map(({ name }) => `${fqn}.${name}`),
      ),
    );
    expect(lineageIn(run).length).toBeGreaterThan(50);
    const pairs = lineageIn(run).map(({ from, to }) => `${from} ${to}`);
    expect(new Set(pairs).size).toBe(pairs.length);
    for (const { details } of lineageIn(run)) {
      for (const { fromColumns, toColumn } of details!['columnsLineage'] as {
        fromColumns: string[];
        toColumn: string;
      }[])
        expect([...fromColumns, toColumn].filter((name) => !columns.has(name))).toEqual([]);
    }
    expect(
      run.records.findLastIndex((record) => record.kind === 'entity' && record.type === 'table'),
    ).toBeLessThan(run.records.findIndex(({ kind }) => kind === 'lineage'));
  });

  it('parse every formula of the org', () => {
    expect(run.logs.find(({ message }) => message === 'formulas parsed')?.data).toMatchObject({
      unreadable: 0,
    });
  });

  it('end with a sweep of the tables that were read completely', async () => {
    const sweepOf = ({ records }: SalesforceRun): LineageSweepRecord[] =>
      records.filter((record) => record.kind === 'lineageSweep');
    expect(sweepOf(run)).toMatchObject([{ parent: FQN, source: 'ViewLineage' }]);
    const names = tableNames(run.records);
    expect(names.filter((name) => !sweepOf(run)[0]!.tables.includes(name)).length).toBeLessThan(
      names.length / 10,
    );
    expect(run.records.findIndex(({ kind }) => kind === 'lineageSweep')).toBeGreaterThan(
      run.records.findLastIndex(({ kind }) => kind === 'lineage'),
    );
    const some = async (): Promise<readonly string[] | undefined> =>
      sweepOf(
        await extractFrom(sandbox, { connection: { sobjectNames: ['Account', 'Contact'] } }),
      )[0]?.tables.toSorted();
    expect(await some()).toEqual(['Account', 'Contact']);
    sandbox.faults.install({
      match: { path: 'FROM(?: |%20|\\+)FieldDefinition' },
      effect: {
        kind: 'respond',
        status: 500,
        body: [{ errorCode: 'UNKNOWN_EXCEPTION', message: 'An unexpected error occurred.' }],
      },
    });
    expect(await some()).toBeUndefined();
  });

  it('contain roll-ups from the summarized field', () => {
    const rollUps = tablesOf(run.records).flatMap(({ properties }) =>
      Object.values((properties as unknown as TableProperties).columns ?? {}).flatMap(
        ({ rollUp }) => rollUp ?? [],
      ),
    );
    const functions = lineageIn(run).flatMap(({ details }) =>
      (details!['columnsLineage'] as { function: string }[]).map((column) => column.function),
    );
    expect(rollUps.filter(({ foreignKey }) => foreignKey !== undefined).length).toBeGreaterThan(0);
    expect(functions.some((name) => ['SUM', 'MIN', 'MAX', 'COUNT'].includes(name))).toBe(true);
  });

  it('contain the same roll-ups without their definitions', async () => {
    const rollUps = (of: SalesforceRun): string[] =>
      lineageIn(of)
        .flatMap(
          ({ details }) => details!['columnsLineage'] as { toColumn: string; function: string }[],
        )
        .filter((column) => /^(?:SUM|MIN|MAX|COUNT)\b/.test(column.function))
        .map(({ toColumn }) => toColumn)
        .sort();
    sandbox.faults.install({
      match: { path: 'sobjects/CustomField/' },
      effect: { kind: 'forbid' },
    });
    const shown = await extractFrom(sandbox);
    expect(rollUps(shown).length).toBeGreaterThan(0);
    expect(rollUps(shown)).toEqual(rollUps(run));
  });

  it.runIf(openMetadataSchemasPresent)(
    "match OpenMetadata's schemas, as do profile records",
    () => {
      const reference = { id: '7f1e1e9e-6f0e-4f5e-9b8e-0d7c7a3d9b11', type: 'table' };
      const lineage = openMetadataValidator('api/lineage/addLineage.json');
      const profile = openMetadataValidator('api/data/createTableProfile.json');
      for (const { details } of lineageIn(run))
        expect(
          lineage({
            edge: { fromEntity: reference, toEntity: reference, lineageDetails: details },
          }),
          JSON.stringify(lineage.errors),
        ).toBe(true);
      for (const { request } of profilesIn(run))
        expect(profile(request), JSON.stringify(profile.errors)).toBe(true);
      expect(Object.keys(CREATE_REQUEST_SCHEMAS)).toContain('table');
    },
  );
});
