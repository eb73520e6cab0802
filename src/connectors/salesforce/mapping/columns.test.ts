import { describe, expect, it } from 'vitest';
import { columnSchema } from '../../../../openmetadata/src/columns.ts';
import { columnsOf, FIELD_TYPES, NO_DETAILS } from './columns.ts';
import { readDescribe } from '../describe/sobject-describe.ts';
import type { DescribedField } from '../describe/sobject-field.ts';

function fields(...given: readonly object[]): readonly DescribedField[] {
  return readDescribe({ name: 'X', fields: given }).fields;
}

describe('a column', () => {
  it('has a data type for each of the 29 field types', () => {
    expect(FIELD_TYPES).toHaveLength(29);
    const columns = columnsOf(
      fields(
        ...FIELD_TYPES.map((type) => ({
          name: `F_${type}`,
          type,
          length: 80,
          precision: 18,
          scale: 2,
        })),
      ),
    );
    for (const column of columns) {
      expect(columnSchema.safeParse(column).error).toBeUndefined();
      expect(column.dataType).not.toBe('UNKNOWN');
    }
  });

  it.each([
    [
      { type: 'id', length: 18, nillable: false },
      { dataType: 'VARCHAR', dataLength: 18, constraint: 'PRIMARY_KEY', dataTypeDisplay: 'id(18)' },
    ],
    [
      { type: 'string', length: 80, unique: true },
      { dataType: 'VARCHAR', dataLength: 80, constraint: 'UNIQUE', dataTypeDisplay: 'string(80)' },
    ],
    [{ type: 'string', length: 80, nillable: false }, { constraint: 'NOT_NULL' }],
    [
      { type: 'textarea', length: 255 },
      { dataType: 'VARCHAR', dataLength: 255, constraint: 'NULL' },
    ],
    [
      { type: 'textarea', length: 131_072 },
      { dataType: 'TEXT', dataLength: 131_072 },
    ],
    [
      { type: 'currency', precision: 18, scale: 2 },
      { dataType: 'DECIMAL', precision: 18, scale: 2, dataTypeDisplay: 'currency(18,2)' },
    ],
    [
      { type: 'double', precision: 18, scale: 15 },
      { dataType: 'DECIMAL', precision: 18, scale: 15 },
    ],
    [
      { type: 'double', precision: 0, scale: 2 },
      { dataType: 'DOUBLE', dataTypeDisplay: 'double' },
    ],
    [{ type: 'double', precision: 18, scale: -1 }, { dataType: 'DOUBLE' }],
    [{ type: 'picklist', length: 255 }, { dataType: 'ENUM' }],
    [
      { type: 'multipicklist', length: 4099, precision: 4 },
      { dataType: 'ARRAY', arrayDataType: 'ENUM' },
    ],
    [
      { type: 'reference', length: 18, referenceTo: ['A', 'B', 'C', 'D', 'E'] },
      { dataType: 'VARCHAR', dataLength: 18, dataTypeDisplay: 'reference(A, B, C, +2)' },
    ],
    [
      { type: 'newfangled', soapType: 'xsd:string', length: 10 },
      { dataType: 'VARCHAR', dataLength: 10 },
    ],
    [
      { type: 'newfangled', soapType: 'urn:thing' },
      { dataType: 'VARIANT', dataTypeDisplay: 'newfangled' },
    ],
  ])('%j', (field, column) => {
    expect(columnsOf(fields({ name: 'F', ...field }))[0]).toMatchObject(column);
  });

  it('lists the components of an address at the top level and as children', () => {
    const columns = columnsOf(
      fields(
        {
          name: 'BillingStreet',
          type: 'textarea',
          length: 255,
          compoundFieldName: 'BillingAddress',
        },
        {
          name: 'BillingCity',
          type: 'string',
          length: 40,
          compoundFieldName: 'BillingAddress',
          inlineHelpText: 'Town',
        },
        { name: 'BillingAddress', type: 'address' },
      ),
    );
    expect(columns.map(({ name, ordinalPosition }) => [name, ordinalPosition])).toEqual([
      ['BillingStreet', 1],
      ['BillingCity', 2],
      ['BillingAddress', 3],
    ]);
    expect(columns[2]).toMatchObject({
      dataType: 'STRUCT',
      children: [{ name: 'BillingStreet' }, { name: 'BillingCity', description: 'Town' }],
    });
  });

  it('uses the help text as its description if there is none', () => {
    const given = fields(
      { name: 'A', type: 'string', inlineHelpText: 'help' },
      { name: 'B', type: 'string', inlineHelpText: 'help' },
    );
    const columns = columnsOf(given, ({ name }) =>
      name === 'A' ? { ...NO_DETAILS, description: 'said' } : NO_DETAILS,
    );
    expect(columns.map(({ description }) => description)).toEqual(['said', 'help']);
  });
});
