import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openCatalogue,
  parents,
  SCHEMA,
  succeeded,
  table,
  never,
  type Catalogue,
} from '../../../test/support/openmetadata-server/catalog.ts';
import type { Cell } from '../../domain/record.ts';
import { RunnerError } from '../../runtime/errors.ts';
import type { SinkRecord } from './records.ts';

let catalogue: Catalogue;

beforeEach(async () => {
  catalogue = await openCatalogue();
});

afterEach(() => catalogue.close());

function many(count: number): readonly SinkRecord[] {
  return Array.from({ length: count }, (_, index) => table(`T${index}__c`));
}

function counted(request: string): number {
  return catalogue.server.requests.filter((title) => title === request).length;
}

function stored(name: string): Readonly<Record<string, unknown>> {
  return catalogue.server.store.get('table', `${SCHEMA}.${name}`);
}

describe('a first run', () => {
  it('puts service, database, schema and tables, the tables in bulk', async () => {
    const report = await catalogue.run([...parents, ...many(250)]);
    expect(report).toMatchObject({ status: 'success', counts: { written: 253 }, failures: [] });
    expect(catalogue.server.store.all('table')).toHaveLength(250);
    expect(counted('PUT /tables/bulk')).toBe(3);
    expect(catalogue.server.requests).toHaveLength(9);
  });

  it('sends several bulk requests at once, and no more than allowed', async () => {
    const full = Promise.withResolvers<void>();
    catalogue.server.faults.push({ on: /^PUT \/tables\/bulk$/, times: 3, until: full.promise });
    const running = catalogue.run([...parents, ...many(60)], {
      batch: { tables: 5, bytes: 1e9 },
      concurrency: 3,
    });
    await expect.poll(() => catalogue.server.busiest).toBe(3);
    full.resolve();
    await running;
    expect(catalogue.server.busiest).toBe(3);
  });

  it('keeps bulk requests below the limit of bytes', async () => {
    await catalogue.run([...parents, ...many(20)], { batch: { tables: 100, bytes: 600 } });
    expect(counted('PUT /tables/bulk')).toBeGreaterThan(4);
    expect(catalogue.server.store.all('table')).toHaveLength(20);
  });

  it('sizes bulk requests by columns, which are what a server spends its time on', async () => {
    const columns = Array.from({ length: 120 }, (_, index) => ({
      name: `C${index}`,
      dataType: 'INT',
    }));
    await catalogue.run([
      ...parents,
      ...Array.from({ length: 12 }, (_, index) => table(`T${index}__c`, { more: { columns } })),
    ]);
    expect(counted('PUT /tables/bulk')).toBe(3);
    expect(catalogue.server.store.all('table')).toHaveLength(12);
  });

  it('puts tables one by one where the server has no bulk request, and asks only once', async () => {
    catalogue.server.annals.bulk = false;
    const report = await catalogue.run([...parents, ...many(6)], {
      batch: { tables: 3, bytes: 1e9 },
      concurrency: 1,
    });
    expect(report.counts).toMatchObject({ written: 9 });
    expect(counted('PUT /tables/bulk')).toBe(1);
    expect(counted('PUT /tables')).toBe(6);
  });

  it('puts code beside the tables, and a refusal of it ends nothing', async () => {
    const code = (name: string): SinkRecord => ({
      kind: 'entity',
      type: 'storedProcedure',
      fqn: `${SCHEMA}.${name}`,
      request: { name, databaseSchema: SCHEMA, storedProcedureCode: { code: 'trigger' } },
    });
    const lost = {
      kind: 'entity',
      type: 'storedProcedure',
      fqn: 'nowhere.x',
      request: { name: 'x', databaseSchema: 'nowhere', storedProcedureCode: {} },
    } as const;
    const report = await catalogue.run([...parents, ...many(1), lost, code('OnAccount')]);
    expect(report.counts).toMatchObject({ storedProcedures: 1, failed: 1 });
    expect(catalogue.server.store.get('storedProcedure', `${SCHEMA}.OnAccount`)).toMatchObject({
      name: 'OnAccount',
    });
  });

  it('makes classifications and tags before the tables that carry them', async () => {
    const label = {
      tagFQN: 'Salesforce."v1.Confidential"',
      source: 'Classification',
      labelType: 'Automated',
      state: 'Confirmed',
    };
    const report = await catalogue.run([
      {
        kind: 'classification',
        name: 'Salesforce',
        description: 'What Salesforce says of its data',
      },
      {
        kind: 'tag',
        classification: 'Salesforce',
        name: 'v1.Confidential',
        description: 'Confidential',
      },
      ...parents,
      table('Account', { more: { tags: [label] } }),
    ]);
    expect(report).toMatchObject({ status: 'success', counts: { tags: 2, written: 4 } });
    expect(stored('Account')['tags']).toEqual([label]);
  });
});

describe('foreign keys', () => {
  const tag: SinkRecord = {
    kind: 'tag',
    classification: 'Salesforce',
    name: 'Confidential',
    description: 'x',
  };

  it('lead to tables that come after records of other kinds, too', async () => {
    const between: readonly SinkRecord[] = [
      { kind: 'classification', name: 'Salesforce', description: 'x' },
      tag,
      { kind: 'lineage', from: `${SCHEMA}.Contact`, to: `${SCHEMA}.Contact` },
    ];
    const records = [
      ...parents,
      table('Contact', { references: ['Account'] }),
      ...between,
      table('Account'),
    ];
    expect((await catalogue.run(records)).counts).not.toHaveProperty('droppedConstraints');
    expect(stored('Contact')['tableConstraints']).toHaveLength(1);
    expect((await catalogue.run(records)).counts).toMatchObject({ unchanged: 5 });
  });

  it('and tags between tables leave these together in one request', async () => {
    const classification: SinkRecord = {
      kind: 'classification',
      name: 'Salesforce',
      description: 'x',
    };
    await catalogue.run([...parents, table('A'), classification, table('B'), tag, table('C')]);
    expect(counted('PUT /tables/bulk')).toBe(1);
  });

  const circle = [
    table('Account', { references: ['User'] }),
    table('Contact', { references: ['Account', 'Contact'] }),
    table('User', { references: ['Account'] }),
  ];
  const keysOf = (name: string): readonly unknown[] =>
    (stored(name)['tableConstraints'] as { constraintType: string }[]).filter(
      ({ constraintType }) => constraintType === 'FOREIGN_KEY',
    );

  it('arrive in circles, to themselves and in whatever order', async () => {
    const report = await catalogue.run([...parents, ...circle], {
      batch: { tables: 2, bytes: 1e9 },
    });
    expect(report).toMatchObject({ status: 'success', counts: { written: 6 } });
    expect(['Account', 'Contact', 'User'].map((name) => keysOf(name).length)).toEqual([1, 2, 1]);
  });

  it('come with their table, after those they lead to; a patch follows only in circles and for a table’s own', async () => {
    const line = [
      table('Case', { references: ['Contact'] }),
      table('Contact', { references: ['Account'] }),
      table('Account', { references: ['User'] }),
      table('User'),
    ];
    expect((await catalogue.run([...parents, ...line])).counts).toEqual({ written: 7 });
    expect(catalogue.server.requests.filter((title) => title.startsWith('PATCH'))).toEqual([]);
    await catalogue.run([
      ...parents,
      table('Lead', { references: ['Group'] }),
      table('Group', { references: ['Lead'] }),
      table('Queue', { references: ['Queue'] }),
      table('Task', { references: ['Lead', 'Group', 'Queue'] }),
    ]);
    expect(['Lead', 'Group', 'Queue', 'Task'].map((name) => keysOf(name).length)).toEqual([
      1, 1, 1, 3,
    ]);
    expect(catalogue.server.requests.filter((title) => title.startsWith('PATCH'))).toHaveLength(2);
  });

  it('wait for their tables only so far as memory allows', async () => {
    const waiting = Array.from({ length: 12 }, (_, index) =>
      table(`T${index}__c`, { references: ['User'] }),
    );
    const report = await catalogue.run([...parents, ...waiting, table('User')], {
      maxHeldBytes: 2000,
      batch: { tables: 1 },
    });
    expect(report).toMatchObject({ status: 'success', counts: { written: 16 } });
    expect(report.counts['constrained']).toBeGreaterThan(4);
    expect(waiting.map((_, index) => keysOf(`T${index}__c`).length)).toEqual(waiting.map(() => 1));
  });

  it('that the server refuses cost no table', async () => {
    await catalogue.run([...parents, table('User')]);
    const odd = {
      name: 'Odd',
      databaseSchema: SCHEMA,
      columns: [{ name: 'UserId', dataType: 'VARCHAR', dataLength: 18 }],
      tableConstraints: [
        {
          constraintType: 'FOREIGN_KEY',
          columns: ['UserId'],
          referredColumns: [`${SCHEMA}.User.Nope`],
        },
      ],
    };
    const report = await catalogue.run([
      ...parents,
      { kind: 'entity', type: 'table', fqn: `${SCHEMA}.Odd`, request: odd },
      table('Case'),
    ]);
    expect(report).toMatchObject({
      status: 'success',
      counts: { written: 2, droppedConstraints: 1 },
    });
    expect(stored('Odd')).not.toHaveProperty('tableConstraints');
  });

  it('make no table look changed on the next run', async () => {
    await catalogue.run([...parents, ...circle]);
    const before = catalogue.server.requests.length;
    const report = await catalogue.run([...parents, ...circle.toReversed()]);
    expect(report.counts).toEqual({ unchanged: 6 });
    expect(
      catalogue.server.requests.slice(before).filter((title) => !title.startsWith('GET')),
    ).toEqual([]);
  });

  it('to tables that never come are left out, said so, and tried again once those are there', async () => {
    const lonely = table('Case', { references: ['Entitlement'] });
    expect((await catalogue.run([...parents, lonely])).counts).toMatchObject({
      written: 4,
      droppedConstraints: 1,
    });
    expect((await catalogue.run([...parents, lonely])).counts).toEqual({ unchanged: 4 });
    await catalogue.run([...parents, lonely, table('Entitlement')]);
    await catalogue.run([...parents, lonely, table('Entitlement')]);
    expect(keysOf('Case')).toHaveLength(1);
  });
});

describe('a second run', () => {
  it('sends only what has changed', async () => {
    await catalogue.run([...parents, ...many(120)]);
    const before = catalogue.server.requests.length;
    const report = await catalogue.run([
      ...parents,
      ...many(120),
      table('T7__c', { more: { sourceUrl: 'https://acme.my.salesforce.com/7' } }),
    ]);
    expect(report.counts).toEqual({ written: 1, unchanged: 123 });
    expect(
      catalogue.server.requests.slice(before).filter((title) => !title.startsWith('GET')),
    ).toEqual(['PUT /tables']);
    expect(catalogue.server.requests.length - before).toBeLessThanOrEqual(8);
  });

  it('leaves alone the connection that people configured for the service', async () => {
    await catalogue.run(parents);
    const service = catalogue.server.store.get('databaseService', 'crm');
    service['connection'] = { config: { type: 'Salesforce' } };
    await catalogue.run(parents);
    expect(catalogue.server.store.get('databaseService', 'crm')['connection']).toEqual({
      config: { type: 'Salesforce' },
    });
  });
});

describe('what people entered', () => {
  const owner = { id: '7f1e1e9e-6f0e-4f5e-9b8e-0d7c7a3d9b11', type: 'user' };
  const account = table('Account', {
    description: 'from the source',
    columnDescription: 'from the source',
  });
  const changed = table('Account', {
    description: 'new from the source',
    columnDescription: 'new from the source',
  });

  async function edit(): Promise<void> {
    await catalogue.run([...parents, account, table('Contact')]);
    const entity = catalogue.server.store.get('table', account.fqn);
    catalogue.server.store.patch(entity, [
      { op: 'add', path: '/description', value: 'by people' },
      { op: 'add', path: '/owners', value: [owner] },
      { op: 'add', path: '/columns/0/description', value: 'by people' },
    ]);
  }

  it.each([[true], [false]])(
    'stays, whether the token is a bot’s (%s) or a person’s',
    async (bot) => {
      await edit();
      catalogue.server.store.bot = bot;
      const report = await catalogue.run([
        ...parents,
        changed,
        table('Contact', { description: 'x' }),
      ]);
      expect(report.counts).toMatchObject({ written: 2 });
      expect(stored('Account')).toMatchObject({
        description: 'by people',
        columns: [{ name: 'Id', description: 'by people' }],
      });
      expect(stored('Account')['owners']).toEqual([owner]);
      expect(stored('Contact')['description']).toBe('x');
    },
  );

  it('gives way to the source when overriding is asked for, without being blanked', async () => {
    await edit();
    await catalogue.run([...parents, changed, table('Contact')], { overrideMetadata: true });
    expect(stored('Account')).toMatchObject({
      description: 'new from the source',
      columns: [{ description: 'new from the source' }],
      owners: [owner],
    });
  });

  it('gives way where the source has nothing new, too, and only then', async () => {
    await edit();
    await catalogue.run([...parents, account, table('Contact')]);
    expect(stored('Account')).toMatchObject({ description: 'by people' });
    const report = await catalogue.run([...parents, account, table('Contact')], {
      overrideMetadata: true,
    });
    expect(report.counts).toMatchObject({ written: 1, unchanged: 4 });
    expect(stored('Account')).toMatchObject({
      description: 'from the source',
      columns: [{ description: 'from the source' }],
      owners: [owner],
    });
    expect(
      (await catalogue.run([...parents, account, table('Contact')], { overrideMetadata: true }))
        .counts,
    ).toEqual({ unchanged: 5 });
  });

  it('of the schema gives way in the same manner', async () => {
    const [service, database, schema] = parents;
    const told = { ...schema!, request: { ...schema!.request, description: 'from the source' } };
    await catalogue.run([service!, database!, told]);
    catalogue.server.store.get('databaseSchema', SCHEMA)['description'] = 'by people';
    expect(
      (await catalogue.run([service!, database!, told], { overrideMetadata: true })).counts,
    ).toEqual({ written: 1, unchanged: 2 });
    expect(catalogue.server.store.get('databaseSchema', SCHEMA)['description']).toBe(
      'from the source',
    );
  });

  it('is looked at again when someone changes it between reading and patching', async () => {
    await edit();
    catalogue.server.faults.push({
      on: /^PATCH /,
      meanwhile: () =>
        catalogue.server.store.patch(catalogue.server.store.get('table', account.fqn), [
          { op: 'add', path: '/displayName', value: 'meanwhile' },
        ]),
    });
    const report = await catalogue.run([...parents, changed], { overrideMetadata: true });
    expect(report).toMatchObject({ status: 'success' });
    expect(stored('Account')).toMatchObject({
      description: 'new from the source',
      displayName: 'meanwhile',
    });
    expect(catalogue.server.requests.filter((title) => title.startsWith('PATCH'))).toHaveLength(2);
  });
});

describe('what follows the tables', () => {
  it('is rows of a table, in place of those before; columns that the table does not have are refused by the server', async () => {
    const sample = (
      table: string,
      columns: readonly string[],
      rows: readonly (readonly Cell[])[],
    ): SinkRecord => ({
      kind: 'sampleData',
      table: `${SCHEMA}.${table}`,
      request: { columns, rows },
    });
    expect(
      await catalogue.run([...parents, table('A'), table('B'), sample('A', ['Id'], [['1']])]),
    ).toMatchObject({ status: 'success', counts: { samples: 1 } });
    const report = await catalogue.run([
      ...parents,
      table('A'),
      table('B'),
      sample('B', ['Gone__c'], [[null]]),
      sample('A', ['Id'], [['2'], [null]]),
    ]);
    expect(report).toMatchObject({
      status: 'partialSuccess',
      counts: { samples: 1, failed: 1 },
      failures: [{ name: `sample of "${SCHEMA}.B"`, code: 'SINK_REJECTED' }],
    });
    expect(catalogue.server.annals.samples).toEqual(
      new Map([[`${SCHEMA}.A`, { columns: ['Id'], rows: [['2'], [null]] }]]),
    );
  });

  it('is lineage between tables, and profiles', async () => {
    const details = {
      source: 'QueryLineage',
      columnsLineage: [{ fromColumns: [`${SCHEMA}.T0__c.Id`], toColumn: `${SCHEMA}.T1__c.Id` }],
    };
    const report = await catalogue.run([
      ...parents,
      ...many(3),
      { kind: 'lineage', from: `${SCHEMA}.T0__c`, to: `${SCHEMA}.T1__c`, details },
      {
        kind: 'profile',
        table: `${SCHEMA}.T2__c`,
        request: { tableProfile: { timestamp: 1, rowCount: 7 } },
      },
    ]);
    expect(report).toMatchObject({ status: 'success', counts: { lineage: 1, profiles: 1 } });
    expect(catalogue.server.annals.lineage.get(`${SCHEMA}.T0__c -> ${SCHEMA}.T1__c`)).toMatchObject(
      { lineageDetails: details },
    );
    expect(catalogue.server.annals.profiles.get(`${SCHEMA}.T2__c`)).toMatchObject({
      tableProfile: { rowCount: 7 },
    });
  });

  it('asks for many ids by listing, not one by one', async () => {
    const edges = Array.from({ length: 99 }, (_, index): SinkRecord => ({
      kind: 'lineage',
      from: `${SCHEMA}.T${index}__c`,
      to: `${SCHEMA}.T${index + 1}__c`,
    }));
    const report = await catalogue.run([...parents, ...many(100), ...edges]);
    expect(report.counts).toMatchObject({ lineage: 99 });
    expect(
      catalogue.server.requests.filter((title) => title.startsWith('GET /tables')).length,
    ).toBeLessThanOrEqual(4);
    expect(catalogue.server.busiest).toBeGreaterThan(1);
  });

  it('is not sent again while it says the same', async () => {
    const edge = (fromColumns: readonly string[]): SinkRecord => ({
      kind: 'lineage',
      from: `${SCHEMA}.T0__c`,
      to: `${SCHEMA}.T1__c`,
      details: {
        source: 'ViewLineage',
        columnsLineage: [{ fromColumns, toColumn: `${SCHEMA}.T1__c.Id` }],
      },
    });
    const records = [...parents, ...many(2)];
    const [id, name] = [`${SCHEMA}.T0__c.Id`, `${SCHEMA}.T0__c.Name`];
    await catalogue.run([...records, edge([id, name])]);
    await catalogue.run([...records, edge([name, id])]);
    expect(counted('PUT /lineage')).toBe(1);
    await catalogue.run([...records, edge([id])]);
    expect(counted('PUT /lineage')).toBe(2);
    catalogue.server.faults.push({
      on: /^GET \/lineage/,
      status: 200,
      text: '{"upstreamEdges":"?"}',
    });
    await catalogue.run([...records, edge([id])]);
    expect(counted('PUT /lineage')).toBe(3);
  });

  describe('of one table', () => {
    const from = (index: number): SinkRecord => ({
      kind: 'lineage',
      from: `${SCHEMA}.T${index}__c`,
      to: `${SCHEMA}.T0__c`,
      details: { source: 'ViewLineage' },
    });

    it('goes edge by edge, since two at once are a conflict in the server’s search index', async () => {
      const report = await catalogue.run([
        ...parents,
        ...many(30),
        ...Array.from({ length: 29 }, (_, index) => from(index + 1)),
      ]);
      expect(report).toMatchObject({ status: 'success', counts: { lineage: 29 } });
      expect(counted('PUT /lineage')).toBe(29);
    });

    it('counts as arrived where the server has kept it and failed over its search index', async () => {
      catalogue.server.faults.push({
        on: /^PUT \/lineage$/,
        keeps: true,
        times: 4,
        status: 500,
        text: '{"code":500,"message":"409 Conflict"}',
      });
      expect(await catalogue.run([...parents, ...many(2), from(1)])).toMatchObject({
        status: 'success',
        counts: { lineage: 1 },
      });
      catalogue.server.faults.push({ on: /^PUT \/lineage$/, times: 4, status: 500 });
      expect(await catalogue.run([...parents, ...many(3), from(2)])).toMatchObject({
        status: 'partialSuccess',
        counts: { failed: 1 },
      });
    });

    const edges = (): string[] =>
      [...catalogue.server.annals.lineage.keys()].map((name) => name.replaceAll(`${SCHEMA}.`, ''));
    const sweep = (...tables: string[]): SinkRecord => ({
      kind: 'lineageSweep',
      parent: SCHEMA,
      tables,
      source: 'ViewLineage',
    });

    it('goes away when it is gone: between the tables that the run vouches for, and of its own kind', async () => {
      await catalogue.run([
        ...parents,
        ...many(5),
        from(1),
        from(2),
        { ...from(3), details: { source: 'Manual' } } as SinkRecord,
        from(4),
      ]);
      const report = await catalogue.run([
        ...parents,
        ...many(5),
        from(1),
        sweep('T0__c', 'T1__c', 'T2__c', 'T3__c'),
      ]);
      expect(report).toMatchObject({
        status: 'success',
        counts: { lineage: 1, lineageDeleted: 1 },
      });
      expect(edges()).toEqual(['T1__c -> T0__c', 'T3__c -> T0__c', 'T4__c -> T0__c']);
    });

    it('goes away to the last edge, and is looked for no longer once it has', async () => {
      await catalogue.run([...parents, ...many(2), from(1)]);
      const all = [...parents, ...many(2), sweep('T0__c', 'T1__c', 'Gone')];
      expect((await catalogue.run(all)).counts).toMatchObject({ lineageDeleted: 1 });
      expect((await catalogue.run(all)).counts).not.toHaveProperty('lineageDeleted');
      expect(edges()).toEqual([]);
    });
  });

  it('counts lineage to a table that is not there, and goes on', async () => {
    const report = await catalogue.run([
      ...parents,
      ...many(2),
      { kind: 'lineage', from: `${SCHEMA}.T0__c`, to: `${SCHEMA}.Gone` },
    ]);
    expect(report).toMatchObject({
      status: 'partialSuccess',
      counts: { failed: 1 },
      failures: [{ code: 'SINK_REJECTED' }],
    });
  });
});

describe('deletion', () => {
  it('is soft, by name, and does not mind what is gone already', async () => {
    await catalogue.run([...parents, ...many(2)]);
    const report = await catalogue.run([
      { kind: 'deletion', type: 'table', fqn: `${SCHEMA}.T0__c` },
      { kind: 'deletion', type: 'table', fqn: `${SCHEMA}.Gone` },
    ]);
    expect(report).toMatchObject({ status: 'success' });
    expect([stored('T0__c')['deleted'], stored('T1__c')['deleted']]).toEqual([true, false]);
  });

  it('sweeps the tables that are not to be kept', async () => {
    await catalogue.run([...parents, ...many(4)]);
    const report = await catalogue.run([
      ...parents,
      table('T0__c'),
      {
        kind: 'sweep',
        type: 'table',
        parent: SCHEMA,
        keep: [`${SCHEMA}.T0__c`, `${SCHEMA}.T1__c`],
      },
    ]);
    expect(report.counts).toMatchObject({ deleted: 2 });
    expect(
      catalogue.server.store
        .all('table')
        .filter(({ deleted }) => deleted)
        .map(({ fullyQualifiedName }) => fullyQualifiedName),
    ).toEqual([`${SCHEMA}.T2__c`, `${SCHEMA}.T3__c`]);
  });

  it('sweeps only what passes the run’s filters, and within a range, when it is told so', async () => {
    await catalogue.run([...parents, ...many(6)]);
    const report = await catalogue.run([
      ...parents,
      {
        kind: 'sweep',
        type: 'table',
        parent: SCHEMA,
        keep: [`${SCHEMA}.T0__c`],
        among: { includes: ['T[0-3]'] },
        upTo: `${SCHEMA}.T2__c`,
      },
    ]);
    expect(report.counts).toMatchObject({ deleted: 2 });
    expect(
      catalogue.server.store
        .all('table')
        .filter(({ deleted }) => deleted)
        .map(({ name }) => name),
    ).toEqual(['T1__c', 'T2__c']);
  });

  it('sweeps code, and databases with all that is in them', async () => {
    const code = (name: string): SinkRecord => ({
      kind: 'entity',
      type: 'storedProcedure',
      fqn: `${SCHEMA}."${name}"`,
      request: { name, databaseSchema: SCHEMA, storedProcedureCode: { language: 'External' } },
    });
    await catalogue.run([...parents, table('Account'), code('A.cls'), code('B.cls')]);
    await catalogue.run([
      ...parents,
      { kind: 'sweep', type: 'storedProcedure', parent: SCHEMA, keep: [`${SCHEMA}."B.cls"`] },
    ]);
    expect(
      catalogue.server.store.all('storedProcedure').map(({ name, deleted }) => [name, deleted]),
    ).toEqual([
      ['A.cls', true],
      ['B.cls', false],
    ]);
    await catalogue.run([
      ...parents,
      { kind: 'sweep', type: 'databaseSchema', parent: 'crm.default', keep: [SCHEMA] },
    ]);
    expect(stored('Account')['deleted']).toBe(false);
    await catalogue.run([
      ...parents,
      { kind: 'sweep', type: 'database', parent: 'crm', keep: ['crm.prod'] },
    ]);
    expect([
      catalogue.server.store.get('database', 'crm.default').deleted,
      stored('Account')['deleted'],
    ]).toEqual([true, true]);
  });

  it('does not believe that a source has lost everything', async () => {
    await catalogue.run([
      ...parents,
      ...many(4),
      { kind: 'sweep', type: 'table', parent: SCHEMA, keep: [] },
    ]);
    expect(catalogue.server.store.all('table').every(({ deleted }) => !deleted)).toBe(true);
  });

  it('is undone when the thing comes back, unchanged as it may be', async () => {
    await catalogue.run([
      ...parents,
      ...many(2),
      { kind: 'deletion', type: 'database', fqn: 'crm.default' },
    ]);
    expect(stored('T0__c')['deleted']).toBe(true);
    await catalogue.run([...parents, ...many(2)]);
    expect([
      catalogue.server.store.get('database', 'crm.default').deleted,
      stored('T0__c')['deleted'],
      stored('T1__c')['deleted'],
    ]).toEqual([false, false, false]);
  });

  it('is undone within the same run', async () => {
    await catalogue.run([...parents, ...many(2)]);
    await catalogue.run([
      ...parents,
      ...many(2),
      { kind: 'deletion', type: 'table', fqn: `${SCHEMA}.T0__c` },
      { kind: 'sweep', type: 'table', parent: SCHEMA, keep: ['none'] },
      ...many(1),
    ]);
    expect([stored('T0__c')['deleted'], stored('T1__c')['deleted']]).toEqual([false, true]);
  });

  it('of the service is undone too', async () => {
    await catalogue.run([...parents, table('Account')]);
    catalogue.server.store.softDelete('databaseService', 'crm', true);
    expect(await catalogue.run([...parents, table('Account')])).toMatchObject({
      status: 'success',
    });
    expect(catalogue.server.store.get('databaseService', 'crm').deleted).toBe(false);
  });
});

describe('the status of the run', () => {
  const pipeline = { fqn: 'crm.crm_metadata', runId: 'run-1' };

  it('is told at the start and at the end, with what happened in the sink among its steps', async () => {
    catalogue.server.annals.pipelines.add(pipeline.fqn);
    await catalogue.run([...parents, table('Account')], { pipeline });
    expect(catalogue.server.annals.statuses).toMatchObject([
      { runId: 'run-1', pipelineState: 'running' },
      {
        runId: 'run-1',
        pipelineState: 'success',
        startDate: 1000,
        endDate: 2000,
        status: [{ name: 'OpenMetadata', records: 4, errors: 0 }],
      },
    ]);
  });

  it('becomes partial when an entity was refused', async () => {
    catalogue.server.annals.pipelines.add(pipeline.fqn);
    const report = await catalogue.run(
      [
        ...parents,
        table('Account'),
        table('Bad', {
          more: {
            tags: [
              {
                tagFQN: 'No.Such',
                source: 'Classification',
                labelType: 'Manual',
                state: 'Confirmed',
              },
            ],
          },
        }),
      ],
      { pipeline },
    );
    expect(report.status).toBe('partialSuccess');
    expect(catalogue.server.annals.statuses.at(-1)).toMatchObject({
      pipelineState: 'partialSuccess',
      status: [{ errors: 1, failures: [{ name: `${SCHEMA}.Bad` }] }],
    });
  });

  it('of a cancelled run is that it was stopped', async () => {
    catalogue.server.annals.pipelines.add(pipeline.fqn);
    const sink = catalogue.sink({ pipeline });
    expect(await sink.finish({ ...succeeded, status: 'cancelled' }, never)).toMatchObject({
      status: 'cancelled',
    });
    expect(catalogue.server.annals.statuses.at(-1)).toMatchObject({ pipelineState: 'stopped' });
  });

  it('is told although the run was stopped while tables were on their way', async () => {
    catalogue.server.annals.pipelines.add(pipeline.fqn);
    catalogue.server.faults.push({ on: /^PUT \/tables\/bulk$/, hang: true });
    const sink = catalogue.sink({ pipeline });
    for (const record of [...parents, table('Account'), table('Contact')])
      await sink.write(record, never);
    const stop = new AbortController();
    stop.abort();
    expect(await sink.finish({ ...succeeded, status: 'cancelled' }, stop.signal)).toMatchObject({
      status: 'cancelled',
    });
    expect(catalogue.server.annals.statuses.at(-1)).toMatchObject({ pipelineState: 'stopped' });
  });

  it.each([
    ['cancelled', 'stopped', new RunnerError('CANCELLED', 'enough')],
    ['expired', 'failed', new RunnerError('DEADLINE_EXCEEDED', 'too long')],
  ] as const)(
    'is that of a run that is %s while its tables are on their way',
    async (status, pipelineState, reason) => {
      catalogue.server.annals.pipelines.add(pipeline.fqn);
      const stop = new AbortController();
      catalogue.server.faults.push({
        on: /^PUT \/tables\/bulk$/,
        hang: true,
        meanwhile: () => stop.abort(reason),
      });
      const sink = catalogue.sink({ pipeline });
      for (const record of [...parents, table('Account'), table('Contact')])
        await sink.write(record, never);
      expect(await sink.finish(succeeded, stop.signal)).toMatchObject({
        status,
        error: { code: reason.code },
      });
      expect(catalogue.server.annals.statuses.at(-1)).toMatchObject({ pipelineState });
    },
  );

  it('is failure when less has arrived than the threshold asks for', async () => {
    const wrong = table('Bad', {
      more: {
        tags: [
          { tagFQN: 'No.Such', source: 'Classification', labelType: 'Manual', state: 'Confirmed' },
        ],
      },
    });
    expect(await catalogue.run([...parents, wrong], { successThreshold: 75 })).toMatchObject({
      status: 'partialSuccess',
    });
    expect(await catalogue.run([...parents, wrong], { successThreshold: 76 })).toMatchObject({
      status: 'failed',
    });
  });

  it('costs no run when the server knows no such pipeline', async () => {
    expect(await catalogue.run([...parents, table('Account')], { pipeline })).toMatchObject({
      status: 'success',
    });
  });
});
