import { describe, expect, it } from 'vitest';
import { parents, SCHEMA, table } from '../../../test/support/openmetadata-server/catalog.ts';
import { catalogOfEachTest } from '../../../test/support/openmetadata-server/catalog-of-each-test.ts';
import type { SinkRecord } from './records.ts';

const catalog = catalogOfEachTest();

/** As many as are listed instead of asked for one by one. */
const code = (count: number): SinkRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    kind: 'entity',
    type: 'storedProcedure',
    fqn: `${SCHEMA}.trigger${index}`,
    request: {
      name: `trigger${index}`,
      databaseSchema: SCHEMA,
      storedProcedureCode: { code: 'ours' },
    },
  }));

describe('what others change in a catalog', () => {
  const tables = [table('Account'), table('Contact', { references: ['Account', 'Contact'] })];
  const change = (name: string, ...operations: readonly object[]): void => {
    const { store } = catalog.server;
    store.asPerson(() =>
      store.patch(store.get('table', `${SCHEMA}.${name}`), operations as never[]),
    );
  };

  const ID = { name: 'Id', dataType: 'VARCHAR', dataLength: 18 };
  const noKeys = { op: 'replace', path: '/tableConstraints', value: [] };
  const oneColumn = { op: 'replace', path: '/columns', value: [ID] };

  it.each([
    ['removed columns', [noKeys, oneColumn]],
    ['another type', [{ op: 'replace', path: '/columns/0/dataType', value: 'BLOB' }]],
    ['removed keys', [noKeys]],
  ])('is undone by the next run that reads the table: %s', async (_what, operations) => {
    await catalog.run([...parents, ...tables]);
    const { columns, tableConstraints } = structuredClone(catalog.storedTable('Contact'));
    change('Contact', ...operations);
    const { counts } = await catalog.run([...parents, ...tables]);
    expect(counts).toMatchObject({ written: 1, unchanged: 4 });
    expect(catalog.storedTable('Contact')).toMatchObject({ columns, tableConstraints });
    expect((await catalog.run([...parents, ...tables])).counts).toEqual({ unchanged: 5 });
  });

  it('is left alone where users have edited it', async () => {
    await catalog.run([...parents, ...tables]);
    change('Contact', { op: 'add', path: '/columns/0/description', value: 'by people' });
    expect((await catalog.run([...parents, ...tables])).counts).toEqual({ unchanged: 5 });
  });

  it.each([3, 40])('is undone in the code of %i stored procedures', async (count) => {
    const { store } = catalog.server;
    const records = [...parents, ...code(count)];
    await catalog.run(records);
    const changed = store.get('storedProcedure', `${SCHEMA}.trigger${count - 1}`);
    store.patch(changed, [{ op: 'replace', path: '/storedProcedureCode', value: { code: 'x' } }]);
    await catalog.run(records);
    expect(store.get('storedProcedure', changed.fullyQualifiedName)).toMatchObject({
      storedProcedureCode: { code: 'ours' },
    });
    catalog.server.requests.length = 0;
    await catalog.run(records);
    expect(catalog.countRequests('PUT /storedProcedures')).toBe(0);
  });
});
