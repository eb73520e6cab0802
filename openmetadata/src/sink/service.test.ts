import { describe, expect, it } from 'vitest';
import { parents } from '../../../test/support/openmetadata-server/catalog.ts';
import { catalogOfEachTest } from '../../../test/support/openmetadata-server/catalog-of-each-test.ts';

const connection = { type: 'Salesforce', username: 'a', password: 'secret:/a/b' };
const serviceConnection = (): typeof connection => connection;

const catalog = catalogOfEachTest();

const storedConnection = (): unknown =>
  catalog.server.store.get('databaseService', 'crm')['connection'];

describe('a service', () => {
  it('is created with the connection', async () => {
    await catalog.run(parents, { serviceConnection });
    expect(storedConnection()).toMatchObject({ config: connection });
  });

  it('that exists keeps its connection, and stays without one', async () => {
    await catalog.run(parents);
    expect(await catalog.run(parents, { serviceConnection, overrideMetadata: true })).toMatchObject(
      { counts: { unchanged: 3 } },
    );
    expect(storedConnection()).toBeUndefined();
  });

  it('is created without a connection that the server rejects', async () => {
    catalog.server.faults.push({ on: /databaseServices$/, body: /connection/, status: 400 });
    expect(await catalog.run(parents, { serviceConnection })).toMatchObject({
      status: 'success',
      counts: { written: 3 },
    });
    expect(storedConnection()).toBeUndefined();
  });
});
