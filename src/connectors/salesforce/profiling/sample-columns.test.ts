import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  SAMPLE_SCHEMA,
  sampleOf,
  samplesOf,
  startSampleOrg,
  type SampleOrg,
} from '../../../../test/support/sample-org.ts';
import {
  extractFrom,
  tablesOf,
  type SalesforceRun,
} from '../../../../test/support/salesforce-run.ts';
import { openColumns, sampleTableOf } from './sample-columns.ts';
import type { Table } from '../mapping/table.ts';
import type { TableProperties } from '../mapping/table-properties.ts';

let org: SampleOrg;
let run: SalesforceRun;

beforeAll(async () => {
  org = await startSampleOrg();
  run = await org.run();
});
afterAll(() => org.sandbox.close());
afterEach(() => org.sandbox.faults.clear());

describe('sampled columns and tables', () => {
  it('exclude classified and computed fields', () => {
    expect(JSON.stringify(samplesOf(run))).not.toContain('classified');
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
        samplesOf(run)
          .find(({ table }) => table === fqn)!
          .request.columns.filter((name) => closed.includes(name)),
      ).toEqual([]);
    }
  });

  it('exclude compound fields, and components of a classified one', async () => {
    org.sandbox.org.edit({ kind: 'addObject', name: 'Depot__c' });
    org.sandbox.org.edit({
      kind: 'addField',
      object: 'Depot__c',
      field: { name: 'Place__c', type: 'location', governance: { complianceGroup: 'GDPR' } },
    });
    org.sandbox.org.edit({
      kind: 'addField',
      object: 'Depot__c',
      field: {
        name: 'Place__Latitude__s',
        type: 'double',
        traits: { compoundFieldName: 'Place__c' },
      },
    });
    org.sandbox.org.edit({
      kind: 'addField',
      object: 'Depot__c',
      field: { name: 'Open_Place__c', type: 'location', governance: {} },
    });
    org.sandbox.org.edit({
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
      await org.run({}, { connection: { sobjectNames: ['Depot__c'] } }),
    );
    expect(columns.filter((name) => name.includes('Place'))).toEqual(['Open_Place__Latitude__s']);
  });

  it('exclude a person name if any part is classified, and the parts if the name is', () => {
    const columns = [
      { name: 'Name', compound: undefined },
      { name: 'LastName', compound: 'Name' },
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

  it('exclude encrypted fields, files, and credentials by name or label', () => {
    expect(JSON.stringify(samplesOf(run))).not.toContain('credential');
    expect(
      sampleOf('Account', run).columns.filter((name) =>
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

  it('exclude standard objects without page layouts, such as Apex classes and sessions', () => {
    const account = tablesOf(run.records).find(
      ({ fqn }) => fqn === `${SAMPLE_SCHEMA}.Account`,
    )! as unknown as Table;
    const features = (more: readonly string[]): Table => ({
      ...account,
      properties: { ...account.properties, features: more },
    });
    expect(sampleTableOf('Account', features(['queryable', 'layoutable']))).toBeDefined();
    expect(sampleTableOf('ApexClass', features(['queryable', 'searchable']))).toBeUndefined();
    expect(sampleTableOf('Account', features(['layoutable']))).toBeUndefined();
  });

  it('exclude settings, external objects, events, and derived objects', async () => {
    const all = await extractFrom(org.sandbox, {
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
