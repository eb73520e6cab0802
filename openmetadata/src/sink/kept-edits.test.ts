import { describe, expect, it } from 'vitest';
import type { EntityRecord } from '../../../foundation/src/domain/record.ts';
import {
  parents,
  SCHEMA,
  table,
  type Catalog,
} from '../../../test/support/openmetadata-server/catalog.ts';
import { catalogOfEachTest } from '../../../test/support/openmetadata-server/catalog-of-each-test.ts';

const catalog = catalogOfEachTest();

describe('edits made in the catalog', () => {
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
    await catalog.run([...parents, account, table('Contact')]);
    const entity = catalog.server.store.get('table', account.fqn);
    catalog.server.store.patch(entity, [
      { op: 'add', path: '/description', value: 'by people' },
      { op: 'add', path: '/owners', value: [owner] },
      { op: 'add', path: '/columns/0/description', value: 'by people' },
    ]);
  }

  it.each([[true], [false]])('are kept, with the token of a bot (%s) or a person', async (bot) => {
    await edit();
    catalog.server.store.bot = bot;
    const report = await catalog.run([...parents, changed, table('Contact', { description: 'x' })]);
    expect(report.counts).toMatchObject({ written: 2 });
    expect(catalog.storedTable('Account')).toMatchObject({
      description: 'by people',
      columns: [{ name: 'Id', description: 'by people' }],
    });
    expect(catalog.storedTable('Account')['owners']).toEqual([owner]);
    expect(catalog.storedTable('Contact')['description']).toBe('x');
  });

  it('are replaced by values of the source with overrideMetadata, but not removed', async () => {
    await edit();
    await catalog.run([...parents, changed, table('Contact')], { overrideMetadata: true });
    expect(catalog.storedTable('Account')).toMatchObject({
      description: 'new from the source',
      columns: [{ description: 'new from the source' }],
      owners: [owner],
    });
  });

  it.each([
    { bot: true, displayName: 'by people' },
    { bot: false, displayName: 'Account' },
  ])('are replaced; display names only if the server permits it (bot: $bot)', async (of) => {
    const named = table('Account', {
      description: 'from the source',
      more: { displayName: 'Account' },
    });
    await catalog.run([...parents, named]);
    const { store } = catalog.server;
    store.bot = of.bot;
    store.patch(store.get('table', named.fqn), [
      { op: 'add', path: '/description', value: 'by people' },
      { op: 'add', path: '/displayName', value: 'by people' },
    ]);
    const again = (): ReturnType<Catalog['run']> =>
      catalog.run([...parents, named], { overrideMetadata: true });
    expect(await again()).toMatchObject({ status: 'success', counts: { written: 1 } });
    const expected = { description: 'from the source', displayName: of.displayName };
    expect(catalog.storedTable('Account')).toMatchObject(expected);
    expect(await again()).toMatchObject({ status: 'success', counts: { unchanged: 4 } });
  });

  it('are replaced with overrideMetadata even when the source has not changed', async () => {
    await edit();
    await catalog.run([...parents, account, table('Contact')]);
    expect(catalog.storedTable('Account')).toMatchObject({ description: 'by people' });
    const report = await catalog.run([...parents, account, table('Contact')], {
      overrideMetadata: true,
    });
    expect(report.counts).toMatchObject({ written: 1, unchanged: 4 });
    expect(catalog.storedTable('Account')).toMatchObject({
      description: 'from the source',
      columns: [{ description: 'from the source' }],
      owners: [owner],
    });
    expect(
      (await catalog.run([...parents, account, table('Contact')], { overrideMetadata: true }))
        .counts,
    ).toEqual({ unchanged: 5 });
  });

  it('are replaced with overrideMetadata in schemas too', async () => {
    const [service, database, schema] = parents;
    const described = {
      ...schema!,
      request: { ...schema!.request, description: 'from the source' },
    };
    await catalog.run([service!, database!, described]);
    catalog.server.store.get('databaseSchema', SCHEMA)['description'] = 'by people';
    expect(
      (await catalog.run([service!, database!, described], { overrideMetadata: true })).counts,
    ).toEqual({ written: 1, unchanged: 2 });
    expect(catalog.server.store.get('databaseSchema', SCHEMA)['description']).toBe(
      'from the source',
    );
  });

  describe('of columns whose type changes', () => {
    const label = (tagFQN: string, labelType = 'Manual'): Readonly<Record<string, unknown>> => ({
      tagFQN,
      source: 'Classification',
      labelType,
      state: 'Confirmed',
    });
    const columns = (dataType: string, ...tags: unknown[]): Readonly<Record<string, unknown>> => ({
      columns: [
        { name: 'Id', dataType: 'VARCHAR', dataLength: 18 },
        { name: 'Amount', dataType, ...(tags.length === 0 ? {} : { tags }) },
      ],
    });
    const tags = ['Salesforce.Public', 'Salesforce.Internal', 'PII.Sensitive'].map((name) => {
      const [classification, own] = name.split('.') as [string, string];
      return { kind: 'tag', classification, name: own, description: '' } as const;
    });
    const filled = [
      ...parents,
      { kind: 'classification', name: 'Salesforce', description: '' },
      { kind: 'classification', name: 'PII', description: '' },
      ...tags,
    ] as const;

    it('are kept with their tags, except those that the source decides about', async () => {
      const old = columns('UNKNOWN', label('Salesforce.Internal', 'Automated'));
      await catalog.run([...filled, table('Account', { more: old })]);
      const [, amount] = catalog.storedTable('Account')['columns'] as Record<string, unknown>[];
      (amount!['tags'] as unknown[]).push(label('PII.Sensitive'));
      Object.assign(amount!, { description: 'by people', displayName: 'by people' });
      const now = columns('DECIMAL', label('Salesforce.Public', 'Automated'));
      await catalog.run([...filled, table('Account', { more: now })]);
      expect((catalog.storedTable('Account')['columns'] as unknown[])[1]).toEqual({
        name: 'Amount',
        dataType: 'DECIMAL',
        description: 'by people',
        displayName: 'by people',
        tags: [label('Salesforce.Public', 'Automated'), label('PII.Sensitive')],
      });
    });

    it.each([
      ['with others', [table('Contact', { more: columns('DOUBLE') })]],
      ['alone', []],
    ])('are kept with their custom properties: %s', async (_how, others) => {
      const before = others.map(({ fqn }) =>
        table(fqn.slice(SCHEMA.length + 1), { more: columns('UNKNOWN') }),
      );
      await catalog.run([...filled, table('Account', { more: columns('UNKNOWN') }), ...before]);
      const [id, amount] = catalog.storedTable('Account')['columns'] as Record<string, unknown>[];
      id!['extension'] = { steward: 'Bo' };
      amount!['extension'] = { steward: 'Ann' };
      const report = await catalog.run([
        ...filled,
        table('Account', { more: columns('DECIMAL') }),
        ...others,
      ]);
      expect(report).toMatchObject({ status: 'success', counts: { written: 1 + others.length } });
      expect(catalog.storedTable('Account')['columns']).toMatchObject([
        { name: 'Id', extension: { steward: 'Bo' } },
        { name: 'Amount', dataType: 'DECIMAL', extension: { steward: 'Ann' } },
      ]);
    });

    it('are kept in small requests, apart from the others', async () => {
      const many = (dataType: string): readonly EntityRecord[] =>
        Array.from({ length: 8 }, (_, index) =>
          table(`T${index}__c`, index < 7 ? { more: columns(dataType) } : {}),
        );
      await catalog.run([...parents, ...many('UNKNOWN')]);
      const before = catalog.countRequests('PUT /tables/bulk');
      const report = await catalog.run([...parents, ...many('DOUBLE'), table('New')]);
      expect(report.counts).toEqual({ unchanged: 4, written: 8 });
      expect(catalog.countRequests('PUT /tables/bulk') - before).toBe(4);
    });
  });

  it('are read again when the entity changes between read and patch', async () => {
    await edit();
    catalog.server.faults.push({
      on: /^PATCH /,
      meanwhile: () =>
        catalog.server.store.patch(catalog.server.store.get('table', account.fqn), [
          { op: 'add', path: '/displayName', value: 'meanwhile' },
        ]),
    });
    const report = await catalog.run([...parents, changed], { overrideMetadata: true });
    expect(report).toMatchObject({ status: 'success' });
    expect(catalog.storedTable('Account')).toMatchObject({
      description: 'new from the source',
      displayName: 'meanwhile',
    });
    expect(catalog.server.requests.filter((title) => title.startsWith('PATCH'))).toHaveLength(2);
  });
});
