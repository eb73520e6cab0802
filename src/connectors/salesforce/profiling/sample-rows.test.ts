import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../../sandbox-org/src/sandbox.ts';
import {
  openMetadataSchemasPresent,
  openMetadataValidator,
} from '../../../../test/support/openmetadata-schemas.ts';
import {
  extractFrom,
  failuresOf,
  tablesOf,
  type RunOptions,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';
import type { Cell, SampleDataRecord } from '../../../domain/record.ts';
import type { Column } from '../../../openmetadata/columns.ts';
import { openColumns, sampleTableOf } from './sample-columns.ts';
import type { Table } from '../mapping/table.ts';
import type { TableProperties } from '../mapping/table-properties.ts';

const FQN = 'sandbox.default.salesforce';
const NAMES = ['Account', 'Contact', 'Lead', 'Opportunity', 'Case', 'Campaign', 'Project__c'];
/** The password of the run. */
const SECRET = 'Hn7 correct horse battery staple';

let sandbox: Sandbox;
let run: SalesforceRun;

beforeAll(async () => {
  sandbox = await startSandbox({ objects: 60, credentials: { password: SECRET } });
  const plant = (
    name: string,
    type: 'string' | 'textarea' | 'double' | 'boolean' | 'base64' | 'encryptedstring',
    more: object = {},
  ): void => {
    sandbox.org.edit({
      kind: 'addField',
      object: 'Account',
      field: { name, type, governance: {}, ...more },
    });
  };
  plant('Open__c', 'string', { content: 'Anyone may know' });
  plant('Sensitive__c', 'string', {
    content: 'classified one',
    governance: { securityClassification: 'Restricted' },
  });
  plant('Published__c', 'string', {
    content: 'classified two',
    governance: { securityClassification: 'Public' },
  });
  plant('Personal__c', 'string', {
    content: 'classified three',
    governance: { complianceGroup: 'PII;GDPR' },
  });
  plant('Derived__c', 'string', {
    content: 'classified four',
    traits: { calculated: true, calculatedFormula: 'Personal__c' },
  });
  plant('Api_Key__c', 'string', { content: 'credential one' });
  plant('Handle__c', 'string', { label: 'Portal Password', content: 'credential two' });
  plant('Sealed__c', 'encryptedstring', { content: 'credential three' });
  plant('Shielded__c', 'string', { content: 'credential four', traits: { encrypted: true } });
  plant('Attachment__c', 'base64', { content: 'Y3JlZGVudGlhbA==' });
  plant('Notes__c', 'textarea', {
    length: 32_000,
    content: `${'word '.repeat(97)}${SECRET} and more`,
  });
  plant('Unbroken__c', 'textarea', { length: 32_000, content: 'x'.repeat(600) });
  plant('Score__c', 'double', { content: 4.5 });
  plant('Vip__c', 'boolean', { content: true });
  run = await sampled();
});
afterAll(() => sandbox.close());
afterEach(() => sandbox.faults.clear());

/** A run of which sample rows are asked, and permitted unless said otherwise. */
function sampled(sampleRows: object = {}, more: RunOptions = {}): Promise<SalesforceRun> {
  return extractFrom(sandbox, {
    connection: { sobjectNames: NAMES },
    sourceConfig: { sampleRows },
    limits: { sampleRows: true },
    ...more,
  });
}

function samplesOf(of: SalesforceRun = run): SampleDataRecord[] {
  return of.records.filter((record) => record.kind === 'sampleData');
}

function sampleOf(object: string, of: SalesforceRun = run): SampleDataRecord['request'] {
  return samplesOf(of).find(({ table }) => table === `${FQN}.${object}`)!.request;
}

function valuesOf(object: string, column: string, of: SalesforceRun = run): Cell[] {
  const { columns, rows } = sampleOf(object, of);
  return rows.map((row) => row[columns.indexOf(column)]!);
}

function withoutSamples(of: SalesforceRun): unknown[] {
  return of.logs
    .filter(({ message }) => message.startsWith('sample rows skipped'))
    .map(({ message, data }) => [message.split(': ')[1], data]);
}

/** What the catalogue says of a field that nobody classified. */
function fieldRow(name: string): object {
  return {
    QualifiedApiName: name,
    IsCalculated: false,
    SecurityClassification: null,
    ComplianceGroup: null,
    EntityDefinition: { QualifiedApiName: 'Account' },
  };
}

describe('sample rows', () => {
  it('are some rows of each table, as wide as their columns, of plain values', () => {
    expect(
      samplesOf()
        .map(({ table }) => table)
        .sort(),
    ).toEqual(NAMES.map((name) => `${FQN}.${name}`).sort());
    for (const { columns, rows } of samplesOf().map(({ request }) => request)) {
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.length).toBeLessThanOrEqual(50);
      expect(new Set(rows.map((row) => row.length))).toEqual(new Set([columns.length]));
      for (const cell of rows.flat())
        expect(cell === null || ['string', 'number', 'boolean'].includes(typeof cell)).toBe(true);
    }
    expect([
      valuesOf('Account', 'Open__c')[0],
      valuesOf('Account', 'Score__c')[0],
      valuesOf('Account', 'Vip__c')[0],
    ]).toEqual(['Anyone may know', 4.5, true]);
    expect(run.counts.get('samples')).toBe(NAMES.length);
  });

  it('name columns that the table has, after the table itself', () => {
    for (const { table, request } of samplesOf()) {
      const at = run.records.findIndex(
        (record) => record.kind === 'entity' && record.fqn === table,
      );
      expect(at).toBeLessThan(
        run.records.findIndex((record) => record.kind === 'sampleData' && record.table === table),
      );
      const columns = (
        run.records[at] as unknown as { request: { columns: Column[] } }
      ).request.columns.map(({ name }) => name);
      expect(request.columns.filter((name) => !columns.includes(name))).toEqual([]);
    }
  });

  it('have no classified field, whatever its class, and none that is computed from others', () => {
    expect(JSON.stringify(samplesOf())).not.toContain('classified');
    for (const { fqn, properties } of tablesOf(run.records)) {
      const facts = (properties as unknown as TableProperties).columns ?? {};
      const closed = Object.entries(facts)
        .filter(([, { securityClassification, complianceGroups, formula, rollUp }]) =>
          [securityClassification, complianceGroups, formula, rollUp].some(
            (fact) => fact !== undefined,
          ),
        )
        .map(([name]) => name);
      expect(closed.length).toBeGreaterThan(0);
      expect(
        samplesOf()
          .find(({ table }) => table === fqn)!
          .request.columns.filter((name) => closed.includes(name)),
      ).toEqual([]);
    }
  });

  it('have no part of a compound field that is classified, and no compound field as a whole', async () => {
    sandbox.org.edit({ kind: 'addObject', name: 'Depot__c' });
    sandbox.org.edit({
      kind: 'addField',
      object: 'Depot__c',
      field: { name: 'Place__c', type: 'location', governance: { complianceGroup: 'GDPR' } },
    });
    sandbox.org.edit({
      kind: 'addField',
      object: 'Depot__c',
      field: {
        name: 'Place__Latitude__s',
        type: 'double',
        traits: { compoundFieldName: 'Place__c' },
      },
    });
    sandbox.org.edit({
      kind: 'addField',
      object: 'Depot__c',
      field: { name: 'Open_Place__c', type: 'location', governance: {} },
    });
    sandbox.org.edit({
      kind: 'addField',
      object: 'Depot__c',
      field: {
        name: 'Open_Place__Latitude__s',
        type: 'double',
        traits: { compoundFieldName: 'Open_Place__c' },
      },
    });
    const { columns } = sampleOf(
      'Depot__c',
      await sampled({}, { connection: { sobjectNames: ['Depot__c'] } }),
    );
    expect(columns.filter((name) => name.includes('Place'))).toEqual(['Open_Place__Latitude__s']);
  });

  it('have no name of a person while a part of it is classified, and no part while the name is', () => {
    const columns = [
      { name: 'Name', whole: undefined },
      { name: 'LastName', whole: 'Name' },
    ];
    expect(openColumns(columns, new Map([['Name', 'open']]))).toEqual(['Name', 'LastName']);
    expect(
      openColumns(
        columns,
        new Map([
          ['Name', 'open'],
          ['LastName', 'closed'],
        ]),
      ),
    ).toEqual([]);
    expect(
      openColumns(
        columns,
        new Map([
          ['Name', 'closed'],
          ['LastName', 'open'],
        ]),
      ),
    ).toEqual([]);
  });

  it('have no encrypted field, no file and nothing that is called a credential by name or label', () => {
    expect(JSON.stringify(samplesOf())).not.toContain('credential');
    expect(
      sampleOf('Account').columns.filter((name) =>
        [
          'Api_Key__c',
          'Handle__c',
          'Sealed__c',
          'Shielded__c',
          'Attachment__c',
          'BillingAddress',
        ].includes(name),
      ),
    ).toEqual([]);
  });

  it('cut long text without leaving a part of a secret', () => {
    expect(valuesOf('Account', 'Notes__c')[0]).toBe(`${'word '.repeat(97)}[secret] and m…`);
    expect(valuesOf('Account', 'Unbroken__c')[0]).toBe(`${'x'.repeat(499)}…`);
  });

  it('are as many as were asked for', async () => {
    expect(sampleOf('Account', await sampled({ rows: 3 })).rows).toHaveLength(3);
    await expect(sampled({ rows: 101 })).rejects.toMatchObject({ code: 'JOB_INVALID' });
  });

  it('are cut to what a record can hold', async () => {
    sandbox.org.edit({ kind: 'addObject', name: 'Wide__c' });
    for (let index = 0; index < 60; index += 1)
      sandbox.org.edit({
        kind: 'addField',
        object: 'Wide__c',
        field: {
          name: `T${index}__c`,
          type: 'textarea',
          length: 32_000,
          governance: {},
          content: 'déjà '.repeat(99),
        },
      });
    const [record] = samplesOf(
      await sampled({ rows: 100 }, { connection: { sobjectNames: ['Wide__c'] } }),
    );
    expect(record!.request.rows.length).toBeGreaterThan(1);
    expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(1024 * 1024);
  });

  it.runIf(openMetadataSchemasPresent)('fit OpenMetadata’s own schema', () => {
    const validate = openMetadataValidator('entity/data/table.json#/definitions/tableData');
    for (const { request } of samplesOf())
      expect(validate(request), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ columns: ['A'], rows: [['b']], more: 1 })).toBe(false);
  });
});

describe('sample rows that the local policy does not permit', () => {
  it('are not read, whatever the control plane asks for, and the run says which local key is missing', async () => {
    const recordQueries = async (sampleRows: boolean): Promise<[SalesforceRun, number]> => {
      const before = sandbox.stats().faultsFired;
      const made = await sampled({ rows: 77, maxApiCalls: 1000 }, { limits: { sampleRows } });
      return [made, sandbox.stats().faultsFired - before];
    };
    sandbox.faults.install({ match: { path: 'LIMIT(?:%20|\\+)77$' }, effect: { kind: 'forbid' } });
    expect((await recordQueries(true))[1]).toBe(NAMES.length);
    const [denied, queries] = await recordQueries(false);
    expect([queries, samplesOf(denied)]).toEqual([0, []]);
    expect(
      denied.logs.filter(
        ({ level, message }) =>
          level === 'warn' && message.includes('salesforce: {sampleRows: allow}'),
      ),
    ).toHaveLength(1);
    expect(failuresOf(denied.records)).toEqual([]);
    expect(tablesOf(denied.records)).toHaveLength(NAMES.length);
  });

  it('are not read in any other spelling of the option', async () => {
    for (const sampleRows of [true, 'allow', [{}], { rows: 5, permitted: true }]) {
      const denied = await extractFrom(sandbox, {
        connection: { sobjectNames: ['Lead'] },
        sourceConfig: {
          sampleRows,
          salesforce: { sampleRows: 'allow' },
          limits: { sampleRows: true },
        },
      });
      expect(samplesOf(denied)).toEqual([]);
    }
  });

  it('are not read where nobody asks for them, though they are permitted', async () => {
    expect(
      samplesOf(
        await extractFrom(sandbox, {
          connection: { sobjectNames: ['Lead'] },
          limits: { sampleRows: true },
        }),
      ),
    ).toEqual([]);
  });
});

describe('where classifications cannot be read', () => {
  it.each([
    ['refused', { kind: 'forbid' }],
    [
      'not there',
      {
        kind: 'respond',
        status: 400,
        body: [{ errorCode: 'INVALID_FIELD', message: 'No such column' }],
      },
    ],
    [
      'cut short',
      {
        kind: 'respond',
        status: 200,
        body: {
          done: false,
          nextRecordsUrl: '/services/data/v64.0/tooling/query/01g-1',
          totalSize: 4000,
          records: [fieldRow('Open__c')],
        },
      },
    ],
    [
      'without one of the classes',
      {
        kind: 'respond',
        status: 200,
        body: { done: true, records: [{ ...fieldRow('Open__c'), ComplianceGroup: undefined }] },
      },
    ],
    [
      'without the other',
      {
        kind: 'respond',
        status: 200,
        body: {
          done: true,
          records: [{ ...fieldRow('Open__c'), SecurityClassification: undefined }],
        },
      },
    ],
  ] as const)(
    '(%s) no row is taken, and the run says of how many tables',
    async (_what, effect) => {
      sandbox.faults.install({ match: { path: 'IsCalculated' }, effect });
      const closed = await sampled();
      expect(samplesOf(closed)).toEqual([]);
      expect(failuresOf(closed.records)).toEqual([]);
      expect(withoutSamples(closed)).toEqual([
        ['field classifications are not readable', { tables: NAMES.length }],
      ]);
    },
  );

  it('no row is taken while the call for them fails as a whole', async () => {
    sandbox.faults.install({
      match: { path: '/tooling/composite', onward: true, nth: 3 },
      effect: {
        kind: 'respond',
        status: 403,
        body: [{ errorCode: 'INSUFFICIENT_ACCESS', message: 'no' }],
      },
    });
    expect(samplesOf(await sampled())).toEqual([]);
  });

  it('a field that the org does not speak of stays out', async () => {
    sandbox.faults.install({
      match: { path: 'IsCalculated' },
      effect: {
        kind: 'respond',
        status: 200,
        body: { done: true, records: [fieldRow('Id'), fieldRow('Open__c')] },
      },
    });
    const partial = await sampled();
    expect(
      samplesOf(partial).map(({ table, request }) => [table, [...request.columns].sort()]),
    ).toEqual([[`${FQN}.Account`, ['Id', 'Open__c']]]);
  });
});

describe('the calls for sample rows', () => {
  it('are one for classifications and one for five tables, and no more than were allowed', async () => {
    const calls = async (sourceConfig: object): Promise<number> => {
      sandbox.resetStats();
      await extractFrom(sandbox, {
        connection: { sobjectNames: NAMES },
        sourceConfig: { ...sourceConfig },
        limits: { sampleRows: true },
      });
      return sandbox.stats().apiCalls;
    };
    const without = await calls({});
    expect(await calls({ sampleRows: {} })).toBe(without + 3);
    const some = await sampled({ maxApiCalls: 2 });
    expect(samplesOf(some)).toHaveLength(5);
    expect(withoutSamples(some)).toEqual([
      ['maxApiCalls is used up', { tables: 2, maxApiCalls: 2 }],
    ]);
    expect(await calls({ sampleRows: { maxApiCalls: 1 } })).toBe(without);
  });

  it('that Salesforce refuses for one table leave the others', async () => {
    sandbox.faults.install({
      match: { path: 'FROM(?:%20|\\+)Lead(?:%20|\\+)LIMIT' },
      effect: {
        kind: 'respond',
        status: 400,
        body: [{ errorCode: 'MALFORMED_QUERY', message: 'Implementation restriction' }],
      },
    });
    const some = await sampled();
    expect(samplesOf(some)).toHaveLength(NAMES.length - 1);
    expect(withoutSamples(some)).toEqual([['Salesforce refused the query', { tables: 1 }]]);
  });

  it('are not made for the machinery of Salesforce itself, such as the source of Apex or sessions', () => {
    const account = tablesOf(run.records).find(
      ({ fqn }) => fqn === `${FQN}.Account`,
    )! as unknown as Table;
    const features = (more: readonly string[]): Table => ({
      ...account,
      properties: { ...account.properties, features: more },
    });
    expect(sampleTableOf('Account', features(['queryable', 'layoutable']))).toBeDefined();
    expect(sampleTableOf('ApexClass', features(['queryable', 'searchable']))).toBeUndefined();
    expect(sampleTableOf('Account', features(['layoutable']))).toBeUndefined();
  });

  it('are not made for settings, external objects, events, and what is kept beside an object', async () => {
    const all = await extractFrom(sandbox, {
      sourceConfig: { sampleRows: { maxApiCalls: 100 } },
      limits: { sampleRows: true },
    });
    const sampledNames = new Set(samplesOf(all).map(({ table }) => table));
    const kinds = new Map(
      tablesOf(all.records).map(({ fqn, properties }) => [
        fqn,
        (properties as unknown as TableProperties).kind,
      ]),
    );
    expect(new Set(kinds.values()).size).toBeGreaterThan(5);
    expect(new Set([...sampledNames].map((name) => kinds.get(name)))).toEqual(
      new Set(
        ['standard', 'custom', 'bigObject'].filter((kind) =>
          [...kinds.values()].some((one) => one === kind),
        ),
      ),
    );
    expect(sampledNames.size).toBeGreaterThan(15);
  });
});
