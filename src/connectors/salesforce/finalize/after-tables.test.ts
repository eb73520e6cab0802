import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import {
  CREATE_REQUEST_SCHEMAS,
  openMetadataSchemasPresent,
  openMetadataValidator,
} from '../../../../test/support/openmetadata-schemas.ts';
import {
  extractFrom,
  failuresOf,
  tableNames,
  tablesOf,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';
import type {
  EntityRecord,
  LineageRecord,
  LineageSweepRecord,
  ProfileRecord,
  SweepRecord,
} from '../../../domain/record.ts';
import type { CreateStoredProcedure, CreateTable } from '../../../openmetadata/entities.ts';
import type { TableProperties } from '../mapping/table-properties.ts';

let sandbox: Sandbox;
let run: SalesforceRun;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 150 });
  sandbox.resetStats();
  run = await extractFrom(sandbox, { sourceConfig: { includeDDL: true } });
});
afterAll(() => sandbox.close());
afterEach(() => sandbox.faults.clear());

const FQN = 'sandbox.default.salesforce';

function codeOf({ records }: SalesforceRun = run): (EntityRecord & {
  readonly request: CreateStoredProcedure;
})[] {
  return records
    .filter((record) => record.kind === 'entity')
    .filter(({ type }) => type === 'storedProcedure') as unknown as (EntityRecord & {
    readonly request: CreateStoredProcedure;
  })[];
}

function lineageOf({ records }: SalesforceRun = run): LineageRecord[] {
  return records.filter((record) => record.kind === 'lineage');
}

function profilesOf({ records }: SalesforceRun = run): ProfileRecord[] {
  return records.filter((record) => record.kind === 'profile');
}

function sweepsOf({ records }: SalesforceRun): SweepRecord[] {
  return records.filter((record) => record.kind === 'sweep');
}

describe('code', () => {
  it('is every trigger, flow and class, with the objects that it runs for and its text', () => {
    const kinds = Map.groupBy(codeOf(), ({ properties }) => String(properties!['kind']));
    expect([...kinds.keys()].sort()).toEqual(['apexClass', 'apexTrigger', 'flow']);
    for (const { properties, request } of kinds.get('apexTrigger')!) {
      const [object] = properties!['objects'] as string[];
      expect(tableNames(run.records)).toContain(object);
      expect(request.storedProcedureCode.code).toContain(`on ${object} (`);
    }
    for (const { request } of kinds.get('apexClass')!)
      expect(request.storedProcedureCode.code).toContain('class ');
    expect(JSON.parse(kinds.get('flow')![0]!.request.storedProcedureCode.code!)).toMatchObject({
      start: { object: expect.any(String) },
    });
  });

  it('has the ending that Salesforce gives it in its name, quoted where names are joined', () => {
    const [one] = codeOf();
    expect(one!.request.name).toMatch(/\.(?:trigger|cls|flow)$/);
    expect(one!.fqn).toBe(`${FQN}."${one!.request.name}"`);
    expect(new Set(codeOf().map(({ fqn }) => fqn)).size).toBe(codeOf().length);
  });

  it('comes without its text unless that is asked for, and of some objects only for some', async () => {
    const names = [
      'Account',
      ...tablesOf(run.records)
        .filter(
          ({ properties }) => (properties as unknown as TableProperties).triggers !== undefined,
        )
        .map(({ request }) => String(request['name'])),
    ].slice(0, 3);
    const some = await extractFrom(sandbox, { connection: { sobjectNames: names } });
    expect(codeOf(some).length).toBeGreaterThan(0);
    expect(
      codeOf(some).every(({ request }) => request.storedProcedureCode.code === undefined),
    ).toBe(true);
    expect(
      codeOf(some).every(({ properties }) =>
        names.includes((properties!['objects'] as string[])[0]!),
      ),
    ).toBe(true);
  });

  it('is flows of any kind that touch an object, where their text may tell', async () => {
    const flow = (name: string, more: object): object => ({
      DurableId: name,
      ApiName: name,
      ActiveVersionId: `301${name}`,
      IsActive: true,
      ...more,
    });
    const views = [
      flow('Started', { TriggerObjectOrEventId: 'Account' }),
      flow('Screen', {}),
      flow('Idle', {}),
      flow('Elsewhere', { TriggerObjectOrEventId: 'Case' }),
    ];
    const text = {
      start: { object: 'Account' },
      recordUpdates: [{ object: 'Contact' }, { object: 'Nowhere__c' }],
    };
    const install = (path: string, records: readonly object[]): void =>
      sandbox.faults.install({
        match: { path },
        effect: { kind: 'respond', status: 200, body: { done: true, records } },
      });
    install('FlowDefinitionView', views);
    install('Flow(?: |%20|\\+)WHERE.*(?:Started|Screen)', [{ Metadata: text }]);
    install('Flow(?: |%20|\\+)WHERE.*Idle', [{ Metadata: { start: {} } }]);
    const flows = async (includeDDL: boolean): Promise<object> => {
      const { records } = await extractFrom(sandbox, {
        connection: { sobjectNames: ['Account', 'Contact'] },
        sourceConfig: { includeDDL, storedProcedureFilterPattern: { includes: ['.*flow$'] } },
      });
      return Object.fromEntries(
        codeOf({ records } as SalesforceRun).map(({ request, properties }) => [
          request.name,
          properties!['objects'],
        ]),
      );
    };
    expect(await flows(true)).toEqual({
      'Started.flow': ['Account', 'Contact'],
      'Screen.flow': ['Account', 'Contact'],
    });
    expect(await flows(false)).toEqual({ 'Started.flow': ['Account'] });
  });

  it('that a managed package hides says so, and has no text', async () => {
    const body = {
      done: true,
      records: [
        { Id: '01p1', Name: 'Secret', NamespacePrefix: 'acme', Status: 'Active', Body: '(hidden)' },
        { Id: '01p2', Name: 'Empty', Status: 'Active', Body: '' },
      ],
    };
    sandbox.faults.install({
      match: { path: 'ApexClass' },
      effect: { kind: 'respond', status: 200, body },
    });
    const some = codeOf(
      await extractFrom(sandbox, {
        sourceConfig: {
          includeDDL: true,
          tableFilterPattern: { includes: ['Account$'] },
          storedProcedureFilterPattern: { includes: ['.*cls$'] },
        },
      }),
    );
    expect(
      some.map(({ request, properties }) => [
        request.name,
        request.storedProcedureCode.code,
        properties!['hidden'],
      ]),
    ).toEqual([
      ['acme__Secret.cls', undefined, true],
      ['Empty.cls', '', undefined],
    ]);
  });

  it('stays away when it is not wanted or its filter leaves it out', async () => {
    const none = await extractFrom(sandbox, {
      sourceConfig: {
        includeStoredProcedures: false,
        tableFilterPattern: { includes: ['Account$'] },
      },
    });
    const flows = await extractFrom(sandbox, {
      sourceConfig: { storedProcedureFilterPattern: { includes: ['.*\\.flow$'] } },
    });
    expect(codeOf(none)).toEqual([]);
    expect(new Set(codeOf(flows).map(({ properties }) => properties!['kind']))).toEqual(
      new Set(['flow']),
    );
  });

  it('that may not be read costs nothing but itself', async () => {
    sandbox.faults.install({
      match: { path: 'ApexClass|FlowDefinitionView|ValidationRule|ApexTrigger|recordCount' },
      effect: { kind: 'forbid' },
    });
    const without = await extractFrom(sandbox);
    expect(failuresOf(without.records)).toEqual([]);
    expect(tablesOf(without.records)).toHaveLength(sandbox.org.list().length);
    expect([codeOf(without), profilesOf(without)]).toEqual([[], []]);
    expect(
      without.logs.filter(
        ({ level, message }) => level === 'warn' && message.startsWith('failed to read'),
      ).length,
    ).toBe(5);
  });
});

describe('picklists', () => {
  it('with more values than a table holds are named in the log, with their total at the column', async () => {
    const picklistValues = Array.from({ length: 600 }, (_, index) => ({
      value: `v${index}`,
      label: `v${index}`,
      active: true,
      defaultValue: false,
      validFor: null,
    }));
    sandbox.org.edit({
      kind: 'addField',
      object: 'Contact',
      field: { name: 'Many__c', type: 'picklist', traits: { picklistValues } },
    });
    try {
      const { logs } = await extractFrom(sandbox, {
        connection: { sobjectNames: ['Contact', 'Account'] },
      });
      expect(logs.find(({ message }) => message.startsWith('picklists truncated'))?.data).toEqual({
        picklists: 1,
        first: ['Contact.Many__c'],
      });
    } finally {
      sandbox.org.edit({ kind: 'removeField', object: 'Contact', field: 'Many__c' });
    }
  });
});

describe('lineage', () => {
  it('joins columns that are there, one record a pair, after all tables', () => {
    const columns = new Set(
      tablesOf(run.records).flatMap(({ fqn, request }) =>
        (request as unknown as CreateTable).columns.map(({ name }) => `${fqn}.${name}`),
      ),
    );
    expect(lineageOf().length).toBeGreaterThan(50);
    const pairs = lineageOf().map(({ from, to }) => `${from} ${to}`);
    expect(new Set(pairs).size).toBe(pairs.length);
    for (const { details } of lineageOf()) {
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

  it('reads every formula of the org', () => {
    expect(run.logs.find(({ message }) => message === 'formulas parsed')?.data).toMatchObject({
      unreadable: 0,
    });
  });

  it('vouches, after it has been told, for the tables of which all could be read', async () => {
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

  it('has roll-ups from the field that is summed up', () => {
    const rollUps = tablesOf(run.records).flatMap(({ properties }) =>
      Object.values((properties as unknown as TableProperties).columns ?? {}).flatMap(
        ({ rollUp }) => rollUp ?? [],
      ),
    );
    const functions = lineageOf().flatMap(({ details }) =>
      (details!['columnsLineage'] as { function: string }[]).map((column) => column.function),
    );
    expect(rollUps.filter(({ foreignKey }) => foreignKey !== undefined).length).toBeGreaterThan(0);
    expect(functions.some((name) => ['SUM', 'MIN', 'MAX', 'COUNT'].includes(name))).toBe(true);
  });

  it('has roll-ups from the key that leads to them, without their definitions too', async () => {
    const rollUps = (of: SalesforceRun): string[] =>
      lineageOf(of)
        .flatMap(
          ({ details }) => details!['columnsLineage'] as { toColumn: string; function: string }[],
        )
        .filter((column) => /^(?:SUM|MIN|MAX|COUNT)\b/.test(column.function))
        .map(({ toColumn }) => toColumn)
        .sort();
    sandbox.faults.install({
      match: { path: 'Metadata(?: |%20|\\+)FROM(?: |%20|\\+)CustomField' },
      effect: { kind: 'forbid' },
    });
    const shown = await extractFrom(sandbox);
    expect(rollUps(shown).length).toBeGreaterThan(0);
    expect(rollUps(shown)).toEqual(rollUps(run));
  });

  it.runIf(openMetadataSchemasPresent)('fits OpenMetadata’s own schemas, as figures do', () => {
    const reference = { id: '7f1e1e9e-6f0e-4f5e-9b8e-0d7c7a3d9b11', type: 'table' };
    const lineage = openMetadataValidator('api/lineage/addLineage.json');
    const profile = openMetadataValidator('api/data/createTableProfile.json');
    for (const { details } of lineageOf())
      expect(
        lineage({ edge: { fromEntity: reference, toEntity: reference, lineageDetails: details } }),
        JSON.stringify(lineage.errors),
      ).toBe(true);
    for (const { request } of profilesOf())
      expect(profile(request), JSON.stringify(profile.errors)).toBe(true);
    expect(Object.keys(CREATE_REQUEST_SCHEMAS)).toContain('table');
  });
});

describe('figures', () => {
  it('are about how many rows each table has', () => {
    const account = profilesOf().find(({ table }) => table === `${FQN}.Account`)!;
    expect(account.request).toMatchObject({
      tableProfile: {
        rowCount: expect.any(Number),
        columnCount: sandbox.org.fields('Account').length,
      },
    });
    expect(profilesOf().length).toBeGreaterThan(20);
  });
});

describe('deletions', () => {
  it('are told by naming all that the org lists, last of all, those that failed and those that were filtered out too', async () => {
    sandbox.faults.install({ match: { object: 'Contact' }, effect: { kind: 'forbid' } });
    const some = await extractFrom(sandbox, {
      sourceConfig: { tableFilterPattern: { includes: ['Account$', 'Contact$'] } },
    });
    expect(failuresOf(some.records).map(([name]) => name)).toEqual(['Contact']);
    expect(sweepsOf(some).filter(({ type }) => type === 'table')).toEqual([
      {
        kind: 'sweep',
        type: 'table',
        parent: FQN,
        keep: sandbox.org
          .list()
          .map(({ name }) => `${FQN}.${name}`)
          .sort(),
      },
    ]);
    expect(some.records.at(-1)?.kind).toBe('sweep');
  });

  it('of code name all code of the org, and are not told when some of it could not be read or only some was asked for', async () => {
    const code = (of: SalesforceRun): readonly string[] | undefined =>
      sweepsOf(of).find(({ type }) => type === 'storedProcedure')?.keep;
    expect(code(run)).toEqual(
      codeOf()
        .map(({ fqn }) => fqn)
        .sort(),
    );
    const tableFilterPattern = { includes: ['Account$'] };
    const some = await extractFrom(sandbox, {
      sourceConfig: { tableFilterPattern, storedProcedureFilterPattern: { includes: ['none'] } },
    });
    expect([codeOf(some), code(some)]).toEqual([[], code(run)]);
    expect(
      code(await extractFrom(sandbox, { connection: { sobjectNames: ['Account'] } })),
    ).toBeUndefined();
    sandbox.faults.install({ match: { path: 'FlowDefinitionView' }, effect: { kind: 'forbid' } });
    expect(
      code(await extractFrom(sandbox, { sourceConfig: { tableFilterPattern } })),
    ).toBeUndefined();
  });

  it('are not told when the listing fails, or when they are not wanted', async () => {
    const tableFilterPattern = { includes: ['Account$'] };
    const unwanted = await extractFrom(sandbox, {
      sourceConfig: {
        tableFilterPattern,
        markDeletedTables: false,
        markDeletedStoredProcedures: false,
      },
    });
    expect(sweepsOf(unwanted)).toEqual([]);
    sandbox.faults.install({ match: { path: '/sobjects$' }, effect: { kind: 'forbid' } });
    const records: string[] = [];
    await expect(
      extractFrom(sandbox, { onRecord: ({ kind }) => void records.push(kind) }),
    ).rejects.toMatchObject({ code: 'SALESFORCE_FORBIDDEN' });
    expect(records).not.toContain('sweep');
  });
});
