import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox-org/src/sandbox.ts';
import type { Connector } from '../../src/connectors/connector.ts';
import { loadConnectors } from '../../src/connectors/registry.ts';
import { contextFor } from '../support/connector-context.ts';
import { soapOptions } from '../support/salesforce-run.ts';
import { connectorContract, UNREADABLE, type JobOptions } from './connector.contract.ts';
import { fastClock } from '../support/fast-clock.ts';

describe('the Salesforce connector', () => {
  let sandbox: Sandbox;
  let connector: Connector;
  beforeAll(async () => {
    sandbox = await startSandbox({ objects: 20, lockoutAfter: 100 });
    connector = (await loadConnectors()).find(({ type }) => type === 'Salesforce')!;
  });
  afterAll(() => sandbox.close());

  afterEach(() => sandbox.faults.clear());

  connectorContract(() => {
    const { connection, secrets } = soapOptions(sandbox);
    const working = (options: JobOptions = {}, more: Readonly<Record<string, string>> = {}) =>
      contextFor(sandbox, { connection, secrets: { ...secrets, ...more }, ...options }).context;
    return {
      connector,
      working,
      refused: () => working({}, { password: 'wrong' }),
      garbled: () => {
        sandbox.faults.install({
          match: { path: '/sobjects/?$', onward: true },
          effect: { kind: 'respond', status: 200, body: UNREADABLE },
        });
        // The connector is patient with a source that answers nonsense.
        return { ...working(), clock: fastClock(20) };
      },
    };
  });
});
