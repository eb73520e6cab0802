import { describe, expect, it } from 'vitest';
import { cpuSeconds } from '../../test/support/cpu-time.ts';
import {
  CREATE_REQUEST_SCHEMAS,
  openMetadataSchemasPresent,
  openMetadataValidator,
} from '../../test/support/openmetadata-schemas.ts';
import { ENTITY_TYPES, type EntityType } from '../domain/record.ts';
import { assertTable } from './table-check.ts';
import {
  assertEntity,
  DATA_TYPES,
  TABLE_TYPES,
  type Column,
  type CreateTable,
} from './entities.ts';

const id: Column = {
  name: 'Id',
  dataType: 'VARCHAR',
  dataLength: 18,
  constraint: 'PRIMARY_KEY',
  dataTypeDisplay: 'id',
};
const account: CreateTable = {
  name: 'Account',
  displayName: 'Account',
  databaseSchema: 'crm.default.salesforce',
  tableType: 'Regular',
  description: 'A *company*',
  sourceUrl: 'https://acme.my.salesforce.com/lightning/o/Account/list',
  sourceHash: 'a'.repeat(32),
  tags: [
    {
      tagFQN: 'PII.Sensitive',
      source: 'Classification',
      labelType: 'Automated',
      state: 'Suggested',
    },
  ],
  columns: [
    id,
    {
      name: 'Revenue',
      dataType: 'DECIMAL',
      precision: 18,
      scale: 2,
      constraint: 'NULL',
      ordinalPosition: 2,
    },
    { name: 'ParentId', dataType: 'VARCHAR', dataLength: 18 },
    { name: 'Tiers', dataType: 'ARRAY', arrayDataType: 'STRING' },
    {
      name: 'Address',
      dataType: 'STRUCT',
      children: [{ name: 'City', dataType: 'VARCHAR', dataLength: 40 }],
    },
  ],
  tableConstraints: [
    { constraintType: 'UNIQUE', columns: ['Revenue'] },
    {
      constraintType: 'FOREIGN_KEY',
      columns: ['ParentId'],
      referredColumns: ['crm.default.salesforce.Account.Id'],
      relationshipType: 'MANY_TO_ONE',
    },
  ],
};
const samples: Readonly<Record<EntityType, Readonly<Record<string, unknown>>>> = {
  databaseService: { name: 'crm', serviceType: 'Salesforce' },
  database: {
    name: 'default',
    service: 'crm',
    default: true,
    owners: [{ id: '7f1e1e9e-6f0e-4f5e-9b8e-0d7c7a3d9b11', type: 'user' }],
  },
  databaseSchema: {
    name: 'salesforce',
    database: 'crm.default',
    retentionPeriod: 'P30D',
    extension: { edition: 'Enterprise' },
  },
  table: account,
  storedProcedure: {
    name: 'OnAccount',
    databaseSchema: 'crm.default.salesforce',
    storedProcedureType: 'StoredProcedure',
    storedProcedureCode: {
      language: 'External',
      code: 'trigger OnAccount on Account (before insert) {}',
    },
  },
};

function refusal(column: Record<string, unknown>): () => void {
  return () =>
    assertEntity('table', 'crm.default.salesforce.Account', {
      ...account,
      columns: [column],
      tableConstraints: [],
    });
}

describe('a create request', () => {
  it.each(ENTITY_TYPES)('of a %s is taken when it is right', (type) => {
    expect(() => assertEntity(type, 'x', samples[type])).not.toThrow();
  });

  it.each(ENTITY_TYPES)(
    'of a %s is refused with a field that OpenMetadata does not know',
    (type) => {
      expect(() => assertEntity(type, 'x', { ...samples[type], owner: 'me' })).toThrow(
        expect.objectContaining({ code: 'ENTITY_INVALID' }),
      );
    },
  );

  it('never carries how to sign in', () => {
    const connection = { config: { type: 'Salesforce' } };
    expect(() =>
      assertEntity('databaseService', 'crm', { ...samples.databaseService, connection }),
    ).toThrow('connection');
  });

  it('is refused by name and reason', () => {
    expect(refusal({ name: 'a', dataType: 'VARCHAR' })).toThrow(
      'table "Account" is not valid: columns.0.dataLength is needed for VARCHAR',
    );
  });

  it.each([
    ['without arrayDataType', { name: 'a', dataType: 'ARRAY' }],
    ['with more scale than precision', { name: 'a', dataType: 'DECIMAL', precision: 2, scale: 3 }],
    ['with scale alone', { name: 'a', dataType: 'DECIMAL', scale: 3 }],
    ['with a type that is none', { name: 'a', dataType: 'VARCHAR2' }],
    ['with "::" in its name', { name: 'a::b', dataType: 'INT' }],
    ['with a line break in its name', { name: 'a\nb', dataType: 'INT' }],
    [
      'with two children of one name',
      {
        name: 'a',
        dataType: 'STRUCT',
        children: [
          { name: 'b', dataType: 'INT' },
          { name: 'b', dataType: 'INT' },
        ],
      },
    ],
    [
      'with a wrong child',
      { name: 'a', dataType: 'STRUCT', children: [{ name: 'b', dataType: 'CHAR' }] },
    ],
  ])('is refused for a column %s', (_what, column) => {
    expect(refusal(column)).toThrow('columns.0');
  });

  it.each([
    ['a constraint on no column of its own', { constraintType: 'UNIQUE', columns: ['Nope'] }],
    ['a foreign key to nowhere', { constraintType: 'FOREIGN_KEY', columns: ['Id'] }],
  ])('is refused for %s', (_what, constraint) => {
    expect(() =>
      assertEntity('table', 'x', { ...account, tableConstraints: [constraint] }),
    ).toThrow('tableConstraints.0');
  });

  it.each([
    [
      'a primary key that a column and a table constraint name',
      [id],
      [{ constraintType: 'PRIMARY_KEY', columns: ['Id'] }],
      'PRIMARY_KEY that a column has already',
    ],
    ['two primary keys', [id, { ...id, name: 'Other' }], [], 'more than one PRIMARY_KEY'],
    [
      'a constraint said twice',
      [id],
      [
        { constraintType: 'UNIQUE', columns: ['Id'] },
        { constraintType: 'UNIQUE', columns: ['Id'] },
      ],
      'same thing twice',
    ],
  ])('is refused for %s, as a server refuses it', (_what, columns, tableConstraints, problem) => {
    expect(() => assertEntity('table', 'x', { ...account, columns, tableConstraints })).toThrow(
      problem,
    );
    expect(() =>
      assertTable('x', { ...account, columns, tableConstraints } as CreateTable),
    ).toThrow(problem);
  });

  it('is refused when two columns have one name', () => {
    expect(() => assertEntity('table', 'x', { ...account, columns: [id, id] })).toThrow(
      'two have one name',
    );
  });

  it('of a table with 500 columns is checked in next to no time', () => {
    const columns = Array.from({ length: 500 }, (_, index) => ({
      ...id,
      name: `Field_${index}__c`,
      description: 'text',
    }));
    const wide = {
      ...account,
      columns: columns.map((column, index) =>
        index === 0 ? column : { ...column, constraint: 'NULL' as const },
      ),
      tableConstraints: [],
    };
    const rounds = 20;
    const used = cpuSeconds(() => {
      for (let round = 0; round < rounds; round++) assertEntity('table', 'x', wide);
    });
    expect(used / rounds).toBeLessThan(0.1);
  });
});

/** The types whose schema the copy at hand has. */
const PRESENT = ENTITY_TYPES.filter((type) => type !== 'storedProcedure');

describe.runIf(openMetadataSchemasPresent)('OpenMetadata’s own schema', () => {
  it.each(PRESENT)('takes what we take for a %s', (type) => {
    const validate = openMetadataValidator(CREATE_REQUEST_SCHEMAS[type]);
    expect(validate(samples[type]), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each(PRESENT)('refuses an unknown field of a %s as we do', (type) => {
    expect(
      openMetadataValidator(CREATE_REQUEST_SCHEMAS[type])({ ...samples[type], owner: 'me' }),
    ).toBe(false);
  });

  it('has the same data types and table types', () => {
    const table = openMetadataValidator('entity/data/table.json').schema as {
      definitions: Record<string, { enum: string[] }>;
    };
    expect([...DATA_TYPES].sort()).toEqual(table.definitions['dataType']!.enum.sort());
    expect([...TABLE_TYPES].sort()).toEqual(table.definitions['tableType']!.enum.sort());
  });
});
