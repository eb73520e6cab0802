import { expect, it } from 'vitest';
import type { FieldRow } from './definition-rows.ts';
import { PackedRows } from './packed-rows.ts';

const rowOf = (object: string, field: string): FieldRow => ({
  EntityDefinitionId: object,
  QualifiedApiName: field,
  Description: `Größe "${field}" of ${object}`,
  DataType: 'Text(80)',
  SecurityClassification: undefined,
  ComplianceGroup: 'PII;GDPR',
  BusinessStatus: undefined,
  BusinessOwnerId: undefined,
});

const rowsOf = (object: string, count: number): ReadonlyMap<string, FieldRow> =>
  new Map(
    Array.from({ length: count }, (_, index) => [`F${index}__c`, rowOf(object, `F${index}__c`)]),
  );

it('returns the rows of each object, in any order and more than once', () => {
  const rows = new Map(['a', 'b', 'c'].map((object, index) => [object, rowsOf(object, index * 9)]));
  const packed = new PackedRows(rows);
  for (const object of ['c', 'a', 'b', 'c']) expect(packed.of(object)).toEqual(rows.get(object));
});

it('has no rows of an object that had none', () => {
  expect(new PackedRows(new Map()).of('a').size).toBe(0);
  expect(new PackedRows(new Map([['a', rowsOf('a', 1)]])).of('b').size).toBe(0);
});
