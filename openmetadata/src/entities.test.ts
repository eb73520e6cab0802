import { describe, expect, it } from 'vitest';
import { cpuSeconds } from '../../test/support/cpu-time.ts';
import {
  CREATE_REQUEST_SCHEMAS,
  openMetadataSchemasPresent,
  openMetadataValidator,
} from '../../test/support/openmetadata-schemas.ts';
import { ENTITY_TYPES, type EntityType } from '../../foundation/src/domain/record.ts';
import { assertTable } from './table-check.ts';
import type { Column } from './columns.ts';
import { DATA_TYPES, TABLE_TYPES } from './data-types.ts';
import { assertEntity, type CreateTable } from './entities.ts';

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
  it.each(ENTITY_TYPES)('accepts a valid %s', (type) => {
    expect(() => assertEntity(type, 'x', samples[type])).not.toThrow();
  });

  it.each(ENTITY_TYPES)('rejects a %s with an unknown field', (type) => {
    expect(() => assertEntity(type, 'x', { ...samples[type], owner: 'me' })).toThrow(
      expect.objectContaining({ code: 'ENTITY_INVALID' }),
    );
  });

  it('never contains a connection', () => {
    const connection = { config: { type: 'Salesforce' } };
    expect(() =>
      assertEntity('databaseService', 'crm', { ...samples.databaseService, connection }),
    ).toThrow('connection');
  });

  it('reports the name and the problem', () => {
    expect(refusal({ name: 'a', dataType: 'VARCHAR' })).toThrow(
      'table "Account" is not valid: columns.0.dataLength is required for VARCHAR',
    );
  });

  it.each([
    ['without arrayDataType', { name: 'a', dataType: 'ARRAY' }],
    ['with more scale than precision', { name: 'a', dataType: 'DECIMAL', precision: 2, scale: 3 }],
    ['with scale alone', { name: 'a', dataType: 'DECIMAL', scale: 3 }],
    ['with an unknown type', { name: 'a', dataType: 'VARCHAR2' }],
    ['with "::" in its name', { name: 'a::b', dataType: 'INT' }],
    ['with a line break in its name', { name: 'a\nb', dataType: 'INT' }],
    [
      'with duplicate child names',
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
      'with an invalid child',
      { name: 'a', dataType: 'STRUCT', children: [{ name: 'b', dataType: 'CHAR' }] },
    ],
  ])('rejects a column %s', (_what, column) => {
    expect(refusal(column)).toThrow('columns.0');
  });

  it.each([
    ['a constraint on an unknown column', { constraintType: 'UNIQUE', columns: ['Nope'] }],
    ['a foreign key without a target', { constraintType: 'FOREIGN_KEY', columns: ['Id'] }],
  ])('rejects %s', (_what, constraint) => {
    expect(() =>
      assertEntity('table', 'x', { ...account, tableConstraints: [constraint] }),
    ).toThrow('tableConstraints.0');
  });

  it.each([
    [
      'a primary key in both a column and a table constraint',
      [id],
      [{ constraintType: 'PRIMARY_KEY', columns: ['Id'] }],
      'repeat the PRIMARY_KEY of a column',
    ],
    ['two primary keys', [id, { ...id, name: 'Other' }], [], 'more than one PRIMARY_KEY'],
    [
      'a duplicate constraint',
      [id],
      [
        { constraintType: 'UNIQUE', columns: ['Id'] },
        { constraintType: 'UNIQUE', columns: ['Id'] },
      ],
      'contain a duplicate',
    ],
  ])('rejects %s, as a server does', (_what, columns, tableConstraints, problem) => {
    expect(() => assertEntity('table', 'x', { ...account, columns, tableConstraints })).toThrow(
      problem,
    );
    expect(() =>
      assertTable('x', { ...account, columns, tableConstraints } as CreateTable),
    ).toThrow(problem);
  });

  it('rejects duplicate column names', () => {
    expect(() => assertEntity('table', 'x', { ...account, columns: [id, id] })).toThrow(
      'duplicate column name',
    );
  });

  it('is checked within 0.1 s of CPU time for a table with 500 columns', () => {
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

/** Types included in the local copy of the schemas. */
const PRESENT = ENTITY_TYPES.filter((type) => type !== 'storedProcedure');

describe.runIf(openMetadataSchemasPresent)('OpenMetadata’s own schema', () => {
  it.each(PRESENT)('accepts the sample %s', (type) => {
    const validate = openMetadataValidator(CREATE_REQUEST_SCHEMAS[type]);
    expect(validate(samples[type]), JSON.stringify(validate.errors)).toBe(true);
  });

  it.each(PRESENT)('rejects an unknown field of a %s', (type) => {
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
