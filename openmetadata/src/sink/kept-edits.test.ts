import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  openCatalog,
  parents,
  SCHEMA,
  table,
  type Catalog,
} from '../../../test/support/openmetadata-server/catalog.ts';

let catalog: Catalog;

beforeEach(async () => {
  catalog = await openCatalog();
});

afterEach(() => catalog.close());

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
