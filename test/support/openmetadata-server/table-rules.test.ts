import { describe, expect, it } from 'vitest';
import { id, keyTo, open, other, primary, S, table } from './opened-store.ts';
import type { Json } from './store.ts';

/* Statuses and messages are those of a real server (1.12.6) for the same requests. */

describe('the table rules of a real server', () => {
  it.each<[string, Json, string]>([
    [
      'for a primary key as column and table constraint',
      table([primary], [{ constraintType: 'PRIMARY_KEY', columns: ['Id'] }]),
      'A column already tagged as a primary key and table constraint also includes primary key',
    ],
    [
      'for two primary keys',
      table([primary, { ...other, constraint: 'PRIMARY_KEY' }]),
      'Multiple columns tagged with primary key constraints',
    ],
    [
      'for a constraint on an unknown column',
      table([id], [{ constraintType: 'UNIQUE', columns: ['Nope'] }]),
      'Invalid column name found in table constraint',
    ],
    [
      'for a constraint in another case',
      table([id], [{ constraintType: 'UNIQUE', columns: ['ID'] }]),
      'Invalid column name found in table constraint',
    ],
    [
      'for a duplicate constraint',
      table([id], [keyTo('There.Id'), keyTo('There.Id')]),
      'Duplicate constraint found in request',
    ],
    [
      'for a foreign key to a missing table',
      table([id], [keyTo('Nope.Id')]),
      `Table not found: ${S}.Nope`,
    ],
    [
      'for a foreign key to itself, while it is being created',
      table([id], [keyTo('T.Id')]),
      `Table not found: ${S}.T`,
    ],
    [
      'for a foreign key to an unknown column',
      table([id], [keyTo('There.Nope')]),
      'Invalid column name Nope',
    ],
    ['for a duplicate column', table([id, id]), 'Column name Id is repeated'],
    [
      'for a duplicate child',
      table([{ name: 'a', dataType: 'STRUCT', children: [id, id] }]),
      'Column name Id is repeated',
    ],
    [
      'for text without a length',
      table([{ name: 'a', dataType: 'VARCHAR' }]),
      'For column data types char, varchar, binary, varbinary dataLength must not be null',
    ],
    [
      'for an array without an element type',
      table([{ name: 'a', dataType: 'ARRAY' }]),
      'For column data type array, arrayDataType must not be null',
    ],
    [
      'for scale without precision',
      table([{ name: 'a', dataType: 'DECIMAL', scale: 2 }]),
      'Scale is set but precision is not set for the column a',
    ],
    [
      'for more scale than precision',
      table([{ name: 'a', dataType: 'DECIMAL', precision: 1, scale: 2 }]),
      "Scale can't be greater than the precision for the column a",
    ],
  ])('reject a table %s', (_what, body, message) => {
    expect(open().request('PUT', 'tables', body)).toEqual({ status: 400, body: { message } });
    expect(open().request('PUT', 'tables/bulk', [body])).toMatchObject({
      status: 200,
      body: { status: 'failure', failedRequest: [{ request: body, status: 400, message }] },
    });
  });

  it('reject a table with an unknown tag or schema with 404', () => {
    const labels = [
      { tagFQN: 'No.Tag', source: 'Classification', labelType: 'Automated', state: 'Confirmed' },
    ];
    expect(open().request('PUT', 'tables', table([{ ...id, tags: labels }]))).toEqual({
      status: 404,
      body: { message: 'tag instance for No.Tag not found' },
    });
    expect(
      open().request('PUT', 'tables', { ...table([id]), databaseSchema: 'crm.default.nope' }),
    ).toEqual({
      status: 404,
      body: { message: 'databaseSchema instance for crm.default.nope not found' },
    });
  });

  it.each<[string, Json]>([
    ['a primary key on the column alone', table([primary])],
    [
      'a primary key as table constraint alone',
      table([id], [{ constraintType: 'PRIMARY_KEY', columns: ['Id'] }]),
    ],
    ['columns that differ in case', table([id, { ...id, name: 'ID' }])],
    [
      'a child without a length',
      table([{ name: 'a', dataType: 'STRUCT', children: [{ name: 'b', dataType: 'VARCHAR' }] }]),
    ],
    ['a foreign key to a table that was deleted', table([id], [keyTo('There.Id')])],
  ])('accept a table with %s', (_what, request) => {
    const { store, request: send } = open();
    store.softDelete('table', `${S}.There`, false);
    expect(send('PUT', 'tables', request).status).toBe(201);
  });

  it('reject a foreign key to a table of the same bulk request, and create that table', () => {
    const { store, request: send } = open();
    const { body } = send('PUT', 'tables/bulk', [
      { ...table([id]), name: 'A' },
      { ...table([id], [keyTo('A.Id')]), name: 'B' },
    ]);
    expect(body).toMatchObject({
      status: 'partialSuccess',
      numberOfRowsPassed: 1,
      numberOfRowsFailed: 1,
      failedRequest: [{ request: { name: 'B' }, message: `Table not found: ${S}.A` }],
    });
    expect(store.all('table').map(({ name }) => name)).toEqual(['There', 'A']);
  });
});
