import { describe, expect, it } from 'vitest';
import { EdgeIndex } from './edge-index.ts';
import { Problem } from './problem.ts';
import { route, type Annals } from './routes.ts';
import { Store, type Json } from './store.ts';

/** Each of these was asked of a real server (1.12.6), which gave this status and this text. */

const S = 'crm.default.salesforce';
const id = { name: 'Id', dataType: 'VARCHAR', dataLength: 18 };
const primary = { ...id, constraint: 'PRIMARY_KEY' };
const other = { name: 'Other', dataType: 'VARCHAR', dataLength: 18 };
const keyTo = (column: string): Json => ({
  constraintType: 'FOREIGN_KEY',
  columns: ['Id'],
  referredColumns: [`${S}.${column}`],
});

function open(): {
  readonly store: Store;
  readonly annals: Annals;
  readonly ask: (
    method: string,
    path: string,
    body?: unknown,
  ) => { readonly status: number; readonly body: Json };
} {
  const store = new Store();
  const annals: Annals = {
    lineage: new Map(),
    profiles: new Map(),
    samples: new Map(),
    statuses: [],
    pipelines: new Set(),
    bulk: true,
  };
  const ask = (
    method: string,
    path: string,
    body?: unknown,
  ): { readonly status: number; readonly body: Json } => {
    try {
      const reply = route(
        { method, parts: path.split('/'), query: new URLSearchParams(), body, ifMatch: undefined },
        store,
        annals,
      );
      return { status: reply.status, body: reply.body as Json };
    } catch (thrown) {
      if (!(thrown instanceof Problem)) throw thrown;
      return { status: thrown.status, body: { message: thrown.message } };
    }
  };
  store.put('databaseService', { name: 'crm', serviceType: 'Salesforce' });
  store.put('database', { name: 'default', service: 'crm' });
  store.put('databaseSchema', { name: 'salesforce', database: 'crm.default' });
  store.put('table', { name: 'There', databaseSchema: S, columns: [primary] });
  return { store, annals, ask };
}

const table = (columns: readonly Json[], tableConstraints?: readonly Json[]): Json => ({
  name: 'T',
  databaseSchema: S,
  columns,
  ...(tableConstraints === undefined ? {} : { tableConstraints }),
});

describe('a table that a real server refuses', () => {
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
      'for a constraint on no column of its own',
      table([id], [{ constraintType: 'UNIQUE', columns: ['Nope'] }]),
      'Invalid column name found in table constraint',
    ],
    [
      'for a constraint in another case',
      table([id], [{ constraintType: 'UNIQUE', columns: ['ID'] }]),
      'Invalid column name found in table constraint',
    ],
    [
      'for a constraint said twice',
      table([id], [keyTo('There.Id'), keyTo('There.Id')]),
      'Duplicate constraint found in request',
    ],
    [
      'for a foreign key to no table',
      table([id], [keyTo('Nope.Id')]),
      `Table not found: ${S}.Nope`,
    ],
    [
      'for a foreign key to itself, while it is being created',
      table([id], [keyTo('T.Id')]),
      `Table not found: ${S}.T`,
    ],
    [
      'for a foreign key to no column',
      table([id], [keyTo('There.Nope')]),
      'Invalid column name Nope',
    ],
    ['for a column twice', table([id, id]), 'Column name Id is repeated'],
    [
      'for a child twice',
      table([{ name: 'a', dataType: 'STRUCT', children: [id, id] }]),
      'Column name Id is repeated',
    ],
    [
      'for text without a length',
      table([{ name: 'a', dataType: 'VARCHAR' }]),
      'For column data types char, varchar, binary, varbinary dataLength must not be null',
    ],
    [
      'for an array of nothing',
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
  ])('%s is refused here', (_what, request, message) => {
    expect(open().ask('PUT', 'tables', request)).toEqual({ status: 400, body: { message } });
    expect(open().ask('PUT', 'tables/bulk', [request])).toMatchObject({
      status: 200,
      body: { status: 'failure', failedRequest: [{ request, status: 400, message }] },
    });
  });

  it('for an unknown tag, or for want of its schema, is refused with 404', () => {
    const labels = [
      { tagFQN: 'No.Tag', source: 'Classification', labelType: 'Automated', state: 'Confirmed' },
    ];
    expect(open().ask('PUT', 'tables', table([{ ...id, tags: labels }]))).toEqual({
      status: 404,
      body: { message: 'tag instance for No.Tag not found' },
    });
    expect(
      open().ask('PUT', 'tables', { ...table([id]), databaseSchema: 'crm.default.nope' }),
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
  ])('is not one with %s', (_what, request) => {
    const { store, ask } = open();
    store.softDelete('table', `${S}.There`, false);
    expect(ask('PUT', 'tables', request).status).toBe(201);
  });

  it('by a key to a neighbor in the bulk is not created, and the neighbor is', () => {
    const { store, ask } = open();
    const { body } = ask('PUT', 'tables/bulk', [
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

describe('lineage that a real server fails over', () => {
  it('is a second edge to one table while the first is being put, and it is kept all the same', async () => {
    const [index, kept]: [EdgeIndex, string[]] = [new EdgeIndex(), []];
    const put = (from: string, to: string): Promise<number> =>
      index.put(to, () => kept.push(`${from} -> ${to}`));
    const outcomes = await Promise.allSettled([put('A', 'X'), put('B', 'X'), put('C', 'Y')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({
      reason: { status: 500, message: expect.stringContaining('409 Conflict') as string },
    });
    expect(kept).toEqual(['A -> X', 'B -> X', 'C -> Y']);
    await expect(put('D', 'X')).resolves.toBe(4);
  });

  it('is the deletion of an edge that is not there', () => {
    const { store, ask } = open();
    store.put('table', table([id]));
    const [from, to] = [store.get('table', `${S}.There`).id, store.get('table', `${S}.T`).id];
    ask('PUT', 'lineage', {
      edge: { fromEntity: { id: from, type: 'table' }, toEntity: { id: to, type: 'table' } },
    });
    const path = `lineage/table/${from}/table/${to}`;
    expect([ask('DELETE', path).status, ask('DELETE', path)]).toEqual([
      200,
      { status: 404, body: { message: 'Lineage edge not found' } },
    ]);
  });
});
