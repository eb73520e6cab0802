import type { StepRecord } from '../../domain/record.ts';
import type { Connector, ConnectorContext, Extracted } from '../connector.ts';
import { CallBudget } from './api/budget.ts';
import { FILE_FIELDS, parseConnection, SECRET_FIELDS } from './sign-in/connection.ts';
import { ConnectionTest } from './connection-test.ts';
import { Extraction } from './extraction.ts';
import { openOrg, type Tuning } from './api/org.ts';
import { permittedJob } from './permitted-job.ts';

/** Salesforce. `tuning` draws limits tighter or wider than the defaults, which suit any org. */
export function createSalesforceConnector(tuning: Tuning = {}): Connector {
  return {
    type: 'Salesforce',
    secretFields: SECRET_FIELDS,
    fileFields: FILE_FIELDS,
    endpoints: (connection) => [parseConnection(connection).endpoint],
    testConnection: (context, signal) => testConnection(context, tuning, signal),
    extract: (context, signal) => extract(context, tuning, signal),
  };
}

async function* extract(context: ConnectorContext, tuning: Tuning, signal: AbortSignal): AsyncGenerator<Extracted, void, undefined> {
  const connection = parseConnection(context.workflow.source.serviceConnection.config);
  const org = openOrg(connection, context, tuning, signal, new CallBudget(context.limits));
  try {
    yield* new Extraction(connection, permittedJob(context), org).run(signal);
  } finally {
    await org.close();
  }
}

async function* testConnection(context: ConnectorContext, tuning: Tuning, signal: AbortSignal): AsyncGenerator<StepRecord, void, undefined> {
  const connection = parseConnection(context.workflow.source.serviceConnection.config);
  const org = openOrg(connection, context, tuning, signal);
  try {
    yield* new ConnectionTest(connection, context, org).run(signal);
  } finally {
    await org.close();
  }
}
