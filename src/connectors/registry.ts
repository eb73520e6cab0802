import type { Connector } from './connector.ts';
import { createSalesforceConnector } from './salesforce/connector.ts';

/** Every kind of source this runner knows. A job that names another is refused. */
export const CONNECTORS: readonly Connector[] = [createSalesforceConnector()];
