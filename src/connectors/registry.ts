import type { Connector } from './connector.ts';

interface ConnectorEntry {
  /** The connector's `type`, known without loading it. */
  readonly type: string;
  readonly load: () => Promise<Connector>;
}

/**
 * Every connector of this runner. Connectors are loaded by the processes that use them: the link
 * does not.
 */
const REGISTRY: readonly ConnectorEntry[] = [
  {
    type: 'Salesforce',
    load: async () => (await import('./salesforce/connector.ts')).createSalesforceConnector(),
  },
];

export const CONNECTOR_TYPES: readonly string[] = REGISTRY.map(({ type }) => type);

export function loadConnectors(): Promise<readonly Connector[]> {
  return Promise.all(REGISTRY.map(({ load }) => load()));
}
