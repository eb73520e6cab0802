import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Deployment } from '../src/openmetadata/deployed-pipelines.ts';
import type { StoredEndpoint } from '../src/store/openmetadata.ts';
import type { Store } from '../src/store/store.ts';
import type { StoreStage } from './store-fixtures.ts';

const ENDPOINT: StoredEndpoint = {
  name: 'prod',
  server: 'https://catalog.acme.example/api',
  ca: null,
  pool: 'eu',
  poolRules: [{ service: 'sales*', pool: 'us' }],
  allowPlainSecrets: false,
  user: 'openmetadata-prod',
  passwordHash: 'scrypt$…',
  upstream: { url: 'https://airflow.acme.example', user: 'admin' },
  upstreamPassword: Buffer.from([1, 2, 3]),
  updatedAt: 1,
};
const DEPLOYMENT: Deployment = {
  endpoint: 'prod',
  id: 'p1',
  name: 'nightly',
  fqn: 'sales.nightly',
  service: 'sales',
  pipeline: 'sales.nightly',
  pool: 'eu',
  payload: { loggerLevel: 'INFO' },
  connection: { password: 'secret:/sales/password' },
  enabled: true,
  deployedAt: 5,
  settledAt: null,
  sealedToken: Buffer.from([9, 8, 7]),
};

/** What a store does with endpoints and deployments of OpenMetadata servers. */
export function openMetadataContract(makeStage: () => StoreStage): void {
  describe('endpoints and deployments', () => {
    let stage: StoreStage;
    let store: Store;
    beforeEach(() => {
      stage = makeStage();
      store = stage.open();
    });
    afterEach(async () => {
      await store.close();
      stage.remove();
    });

    it('keeps an endpoint and finds it by name and user', async () => {
      await store.transaction((tx) => tx.endpoints.save({ ...ENDPOINT, pool: null }));
      await store.transaction((tx) => tx.endpoints.save(ENDPOINT));
      const { endpoints } = store.read;
      expect(await endpoints.list()).toEqual([ENDPOINT]);
      expect(await endpoints.get('prod')).toEqual(ENDPOINT);
      expect(await endpoints.ofUser('openmetadata-prod')).toEqual(ENDPOINT);
      expect(await endpoints.ofUser('prod')).toBeUndefined();
    });

    it('keeps the last deployment and finds it by id, name and pipeline', async () => {
      await store.transaction(async (tx) => {
        await tx.endpoints.save(ENDPOINT);
        await tx.deployments.save({ ...DEPLOYMENT, name: 'before', enabled: false, settledAt: 4 });
        await tx.deployments.save(DEPLOYMENT);
      });
      const { deployments } = store.read;
      expect(await deployments.list()).toEqual([DEPLOYMENT]);
      expect(await deployments.ofEndpoint('prod')).toEqual([DEPLOYMENT]);
      expect(await deployments.ofEndpoint('other')).toEqual([]);
      expect(await deployments.get('prod', 'p1')).toEqual(DEPLOYMENT);
      expect(await deployments.named('prod', 'nightly')).toEqual(DEPLOYMENT);
      expect(await deployments.named('prod', 'before')).toBeUndefined();
      expect(await deployments.ofPipeline('sales.nightly')).toEqual(DEPLOYMENT);
    });

    it('deletes deployments, then their endpoint', async () => {
      await store.transaction(async (tx) => {
        await tx.endpoints.save(ENDPOINT);
        await tx.deployments.save(DEPLOYMENT);
      });
      await expect(store.transaction((tx) => tx.endpoints.delete('prod'))).rejects.toThrow();
      await store.transaction(async (tx) => {
        await tx.deployments.delete('prod', 'p1');
        await tx.endpoints.delete('prod');
      });
      expect(await store.read.endpoints.list()).toEqual([]);
    });
  });
}
