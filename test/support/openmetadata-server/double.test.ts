import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../simulated-clock.ts';
import { EdgeIndex } from './edge-index.ts';
import { Problem } from './problem.ts';
import { route, type ServerState } from './routes.ts';
import { SlowBulks } from './slow-bulks.ts';
import { Store, type Json } from './store.ts';

/* Statuses and messages are those of a real server (1.12.6) for the same requests. */

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
  readonly state: ServerState;
  readonly request: (
    method: string,
    path: string,
    body?: unknown,
  ) => { readonly status: number; readonly body: Json };
} {
  const store = new Store();
  const state: ServerState = {
    lineage: new Map(),
    profiles: new Map(),
    samples: new Map(),
    statuses: [],
    pipelines: new Set(),
    bulk: true,
    background: true,
    backgroundJobs: 0,
    unfinished: new Set(),
  };
  const request = (
    method: string,
    path: string,
    body?: unknown,
  ): { readonly status: number; readonly body: Json } => {
    try {
      const reply = route(
        { method, parts: path.split('/'), query: new URLSearchParams(), body, ifMatch: undefined },
        store,
        state,
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
  return { store, state, request };
}

const table = (columns: readonly Json[], tableConstraints?: readonly Json[]): Json => ({
  name: 'T',
  databaseSchema: S,
  columns,
  ...(tableConstraints === undefined ? {} : { tableConstraints }),
});

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

describe('the lineage rules of a real server', () => {
  it('fail a concurrent second edge to one table, and store it', async () => {
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

  it('reject the deletion of a missing edge with 404', () => {
    const { store, request: send } = open();
    store.put('table', table([id]));
    const [from, to] = [store.get('table', `${S}.There`).id, store.get('table', `${S}.T`).id];
    send('PUT', 'lineage', {
      edge: { fromEntity: { id: from, type: 'table' }, toEntity: { id: to, type: 'table' } },
    });
    const path = `lineage/table/${from}/table/${to}`;
    expect([send('DELETE', path).status, send('DELETE', path)]).toEqual([
      200,
      { status: 404, body: { message: 'Lineage edge not found' } },
    ]);
  });
});

describe('the versions of a real server', () => {
  const unique = { constraintType: 'UNIQUE', columns: ['Id'] };
  it.each<[string, Json, Json, number]>([
    ['stay when nothing changes', table([id, other]), table([id, other]), 0.1],
    ['are minor when something is added', table([id]), table([id, other]), 0.2],
    ['are major when a column is removed', table([id, other]), table([id]), 1.1],
    [
      'are major when a column gets another type',
      table([id, other]),
      table([id, { name: 'Other', dataType: 'DOUBLE' }]),
      1.1,
    ],
    ['are major when a key is removed', table([id], [unique]), table([id]), 1.1],
  ])('%s', (_what, first, second, version) => {
    const { store, request: send } = open();
    send('PUT', 'tables', first);
    send('PUT', 'tables/bulk', [second]);
    expect(store.get('table', `${S}.T`).version).toBe(version);
  });

  it('are minor when keys are added by a patch', () => {
    const { store, request: send } = open();
    send('PUT', 'tables', table([id]));
    send('PATCH', `tables/name/${S}.T`, [
      { op: 'add', path: '/tableConstraints', value: [unique] },
    ]);
    expect(store.get('table', `${S}.T`).version).toBe(0.2);
  });
});

describe('the lineage of a column that is removed', () => {
  it('loses its mappings, and the edge stays', () => {
    const { store, state, request: send } = open();
    send('PUT', 'tables', table([id, other]));
    const [from, to] = [`${S}.There`, `${S}.T`];
    const mapping = (column: string): Json => ({
      fromColumns: [`${from}.Id`],
      toColumn: `${to}.${column}`,
    });
    send('PUT', 'lineage', {
      edge: {
        fromEntity: { id: store.get('table', from).id, type: 'table' },
        toEntity: { id: store.get('table', to).id, type: 'table' },
        lineageDetails: { columnsLineage: [mapping('Id'), mapping('Other')] },
      },
    });
    send('PUT', 'tables', table([id]));
    expect([...state.lineage.values()]).toMatchObject([
      { lineageDetails: { columnsLineage: [mapping('Id')] } },
    ]);
  });
});

describe('bulk requests that take their time', () => {
  it('take twice as long when one is sent again while it is at work', async () => {
    const clock = new SimulatedClock();
    const bulks = new SlowBulks(clock, { create: 1, update: 50 });
    const ends: number[] = [];
    const take = (): void =>
      void bulks.take([table([id, other])], () => true).then(() => ends.push(clock.monotonic()));
    take();
    await clock.advance(50);
    take();
    await clock.advance(1_000);
    expect(ends[0]).toBeGreaterThan(140);
    expect(ends).toEqual([ends[0], ends[1]]);
    expect(ends[1]).toBe(200);
    expect(bulks.most).toBe(2);
  });
});
