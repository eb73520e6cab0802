import type { Json } from '../../foundation/src/domain/json.ts';

/** A workflow of a Salesforce service with this connection; `others` are beside its source. */
export function salesforceWorkflow(
  connection: Json,
  sourceConfig: Json = {},
  others: Json = {},
): Json {
  return {
    source: {
      type: 'salesforce',
      serviceName: 'crm',
      serviceConnection: { config: { type: 'Salesforce', ...connection } },
      sourceConfig: { config: sourceConfig },
    },
    workflowConfig: {},
    ...others,
  };
}
