import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Column, TableConstraint } from './columns.ts';
import { createTableSchema, type CreateTable } from './entities.ts';
import { assertTable } from './table-check.ts';

const name = fc.oneof(
  fc.constantFrom('Id', 'Name', 'Site', '', 'a::b', 'a\nb', 'n'.repeat(256), 'n'.repeat(257)),
  fc.string({ maxLength: 8 }),
);
const count = fc.option(
  fc.oneof(fc.integer({ min: -2, max: 40 }), fc.constantFrom(1.5, Number.NaN, 2 ** 60)),
  { nil: undefined },
);
const dataType = fc.constantFrom('VARCHAR', 'CHAR', 'INT', 'DECIMAL', 'ARRAY', 'STRUCT');

/** A column of the right type, valid or not. */
const column = (children: fc.Arbitrary<Column[]>): fc.Arbitrary<Column> =>
  fc
    .record({
      name,
      dataType,
      arrayDataType: fc.constantFrom('STRING', undefined),
      dataLength: count,
      precision: count,
      scale: count,
      ordinalPosition: count,
      children,
      constraint: fc.constantFrom('PRIMARY_KEY', 'NULL', undefined),
    })
    .map(
      (fields) =>
        Object.fromEntries(
          Object.entries(fields).filter(([, value]) => value !== undefined),
        ) as Column,
    );
const leaf = column(fc.constant([]));
const constraint: fc.Arbitrary<TableConstraint> = fc.record({
  constraintType: fc.constantFrom('PRIMARY_KEY', 'FOREIGN_KEY'),
  columns: fc.array(fc.constantFrom('Id', 'Name', 'Nope'), { maxLength: 2 }),
  referredColumns: fc.array(fc.constantFrom('s.d.x.T.Id', '', 'f'.repeat(3073)), { maxLength: 2 }),
});
const table: fc.Arbitrary<CreateTable> = fc.record({
  name: fc.oneof(fc.constant('Account'), name),
  databaseSchema: fc.constantFrom('s.d.x', 's.d.x', 's.d.x', '', 'f'.repeat(3073)),
  columns: fc.array(column(fc.array(leaf, { maxLength: 2 })), { maxLength: 4 }),
  tableConstraints: fc.array(constraint, { maxLength: 2 }),
});

function problemOf(request: CreateTable): unknown {
  let problem: unknown;
  try {
    assertTable('s.d.x.T', request);
  } catch (thrown) {
    problem = thrown;
  }
  return problem;
}

describe('assertTable', () => {
  it('gives the same verdict as the schema', () => {
    let accepted = 0;
    fc.assert(
      fc.property(table, (request) => {
        const { success } = createTableSchema.safeParse(request);
        accepted += Number(success);
        expect(problemOf(request) === undefined).toBe(success);
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(20);
  });

  it('names the table and its problems', () => {
    const columns: Column[] = [
      { name: 'Id', dataType: 'VARCHAR' },
      { name: 'A', dataType: 'STRUCT', children: [{ name: 'B', dataType: 'ARRAY' }] },
    ];
    expect(problemOf({ name: 'T', databaseSchema: 's.d.x', columns })).toMatchObject({
      code: 'ENTITY_INVALID',
      message: expect.stringContaining(
        'table "T" is not valid: columns.0.dataLength is required for VARCHAR and must not be negative; columns.1.children.0.arrayDataType is required for ARRAY',
      ) as string,
    });
  });
});
