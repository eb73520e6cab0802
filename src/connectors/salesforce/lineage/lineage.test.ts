import { describe, expect, it } from 'vitest';
import type { LineageRecord } from '../../../../foundation/src/domain/record.ts';
import { readDescribe } from '../describe/sobject-describe.ts';
import type { RollUp } from '../mapping/field-properties.ts';
import { Lineage, type LineageSummary } from './lineage.ts';
import { OrgModel } from './org-model.ts';

interface Columns {
  readonly fromColumns: readonly string[];
  readonly toColumn: string;
  readonly function: string;
}

const text = (name: string): object => ({ name, type: 'string' });
const lookup = (name: string, relationshipName: string, ...referenceTo: string[]): object => ({
  name,
  type: 'reference',
  relationshipName,
  referenceTo,
});
const formula = (name: string, calculatedFormula: string): object => ({
  name,
  type: 'double',
  calculated: true,
  calculatedFormula,
});

function lineageOf(
  objects: Readonly<Record<string, readonly object[]>>,
  rollUps: readonly [string, string, RollUp][] = [],
  without: readonly string[] = [],
): { edges: Map<string, Columns[]>; counts: LineageSummary } {
  const model = new OrgModel();
  for (const [name, fields] of Object.entries(objects))
    model.add(readDescribe({ name, fields: [text('Id'), text('Name'), ...fields] }));
  const lineage = new Lineage({
    model,
    cut: (text, length) => text.slice(0, length),
    fqn: (object, field) => (field === undefined ? object : `${object}.${field}`),
    has: (object) => object in objects && !without.includes(object),
    rollUps: new Map(
      rollUps.map(([object, field, rollUp]) => [object, new Map([[field, rollUp]])]),
    ),
  });
  const edges = new Map<string, Columns[]>();
  const records = lineage.records();
  for (let next = records.next(); ; next = records.next()) {
    if (next.done === true) return { edges, counts: next.value };
    const { from, to, details }: LineageRecord = next.value;
    expect(edges.has(`${from} > ${to}`)).toBe(false);
    edges.set(`${from} > ${to}`, details!['columnsLineage'] as Columns[]);
  }
}

describe('lineage', () => {
  it('connects the Id of a referenced object with the reference, as foreign key or master-detail', () => {
    const { edges } = lineageOf({
      Account: [],
      Invoice__c: [lookup('Account__c', 'Account__r', 'Account')],
      Line__c: [{ ...lookup('Invoice__c', 'Invoice__r', 'Invoice__c'), relationshipOrder: 0 }],
    });
    expect(Object.fromEntries(edges)).toEqual({
      'Account > Invoice__c': [
        { fromColumns: ['Account.Id'], toColumn: 'Invoice__c.Account__c', function: 'foreign key' },
      ],
      'Invoice__c > Line__c': [
        {
          fromColumns: ['Invoice__c.Id'],
          toColumn: 'Line__c.Invoice__c',
          function: 'master-detail',
        },
      ],
    });
  });

  it('ignores references to the owner and the users who created or changed a record', () => {
    const audit = ['OwnerId', 'CreatedById', 'LastModifiedById'].map((name) =>
      lookup(name, name.replace(/Id$/, ''), 'User'),
    );
    expect(lineageOf({ User: [], Account: audit }).edges.size).toBe(0);
  });

  it('follows formulas across objects regardless of case, with one record per pair of tables', () => {
    const { edges, counts } = lineageOf({
      User: [text('Email')],
      Account: [lookup('OwnerId', 'Owner', 'User'), text('Rating')],
      Contact: [
        lookup('AccountId', 'Account', 'Account'),
        formula('Sum__c', 'account.OWNER.email & Account.Rating & Name & $User.Email'),
        formula('Other__c', 'Account.Rating'),
      ],
    });
    const function1 = 'account.OWNER.email & Account.Rating & Name & $User.Email';
    expect(edges.get('Account > Contact')).toEqual([
      { fromColumns: ['Account.Id'], toColumn: 'Contact.AccountId', function: 'foreign key' },
      { fromColumns: ['Account.Rating'], toColumn: 'Contact.Sum__c', function: function1 },
      { fromColumns: ['Account.Rating'], toColumn: 'Contact.Other__c', function: 'Account.Rating' },
    ]);
    expect(edges.get('User > Contact')).toEqual([
      { fromColumns: ['User.Email'], toColumn: 'Contact.Sum__c', function: function1 },
    ]);
    expect(counts).toMatchObject({ formulas: 2, unreadable: [], unresolved: 0 });
  });

  it('contains no edge from a table to itself', () => {
    expect(
      lineageOf({
        Account: [
          lookup('ParentId', 'Parent', 'Account'),
          formula('Twice__c', 'Name & Parent.Name'),
        ],
      }).edges.size,
    ).toBe(0);
  });

  it('follows custom metadata, and counts unresolved references and unreadable formulas', () => {
    const { edges, counts } = lineageOf({
      Rate__mdt: [text('Rate__c')],
      Account: [
        formula('A__c', '$CustomMetadata.Rate__mdt.Standard.Rate__c + Missing__r.X'),
        formula('B__c', 'IF('),
      ],
    });
    expect(edges.get('Rate__mdt > Account')?.[0]).toMatchObject({
      fromColumns: ['Rate__mdt.Rate__c'],
      toColumn: 'Account.A__c',
    });
    expect(counts).toMatchObject({
      formulas: 2,
      unresolved: 1,
      unreadable: [{ object: 'Account', field: 'B__c' }],
      incomplete: new Set(['Account']),
    });
  });

  it('connects the summarized field of the child, or the counted key, with a roll-up', () => {
    const objects = {
      Invoice__c: [text('Total__c'), text('Lines__c')],
      Line__c: [text('Amount__c'), text('Paid__c'), text('Invoice__c')],
    };
    const total = lineageOf(objects, [
      [
        'Invoice__c',
        'Total__c',
        {
          operation: 'sum',
          child: 'Line__c',
          field: 'Amount__c',
          foreignKey: 'Invoice__c',
          filters: ['Paid__c', 'Hidden__c'],
        },
      ],
    ]);
    const count = lineageOf(objects, [
      [
        'Invoice__c',
        'Lines__c',
        { operation: 'count', child: 'Line__c', foreignKey: 'Invoice__c' },
      ],
    ]);
    expect(total.edges.get('Line__c > Invoice__c')).toEqual([
      { fromColumns: ['Line__c.Amount__c'], toColumn: 'Invoice__c.Total__c', function: 'SUM' },
      {
        fromColumns: ['Line__c.Paid__c'],
        toColumn: 'Invoice__c.Total__c',
        function: 'filter of SUM',
      },
    ]);
    expect(count.edges.get('Line__c > Invoice__c')).toEqual([
      { fromColumns: ['Line__c.Invoice__c'], toColumn: 'Invoice__c.Lines__c', function: 'COUNT' },
    ]);
  });

  it('uses the key of a roll-up whose field is unknown, and ignores fields that the user cannot see', () => {
    const objects = { Invoice__c: [text('Total__c')], Line__c: [text('Invoice__c')] };
    const shown = lineageOf(objects, [
      ['Invoice__c', 'Total__c', { operation: 'sum', child: 'Line__c', foreignKey: 'Invoice__c' }],
    ]);
    expect(shown.edges.get('Line__c > Invoice__c')).toEqual([
      {
        fromColumns: ['Line__c.Invoice__c'],
        toColumn: 'Invoice__c.Total__c',
        function: 'SUM of a field by this key',
      },
    ]);
    expect(
      lineageOf(objects, [
        [
          'Invoice__c',
          'Total__c',
          { operation: 'sum', child: 'Line__c', field: 'Secret__c', foreignKey: 'Invoice__c' },
        ],
      ]).edges.size,
    ).toBe(0);
  });

  it('contains no edge to a table outside the run', () => {
    expect(
      lineageOf(
        { Account: [], Contact: [lookup('AccountId', 'Account', 'Account', 'Lead')] },
        [],
        ['Account'],
      ).edges.size,
    ).toBe(0);
  });
});
