import { afterAll, beforeAll, describe } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox-org/src/sandbox.ts';
import type { Connector } from '../../src/connectors/connector.ts';
import { loadConnectors } from '../../src/connectors/registry.ts';
import { contextFor } from '../support/connector-context.ts';
import { soapOptions } from '../support/salesforce-run.ts';
import { connectorContract } from './connector.contract.ts';

describe('the Salesforce connector', () => {
  let sandbox: Sandbox;
  let connector: Connector;
  beforeAll(async () => {
    sandbox = await startSandbox({ objects: 20, lockoutAfter: 100 });
    connector = (await loadConnectors()).find(({ type }) => type === 'Salesforce')!;
  });
  afterAll(() => sandbox.close());

  connectorContract(() => {
    const { connection, secrets } = soapOptions(sandbox);
    return {
      connector,
      working: () => contextFor(sandbox, { connection, secrets: secrets! }).context,
      refused: () =>
        contextFor(sandbox, { connection, secrets: { ...secrets, password: 'wrong' } }).context,
    };
  });
});
